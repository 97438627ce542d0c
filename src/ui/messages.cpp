#include <kots_export/ui/messages.h>
#include <kots_export/util/text.h>

#include "ui/one_line.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kots_export::ui {

namespace {

using Words = std::pair<std::string_view, std::string_view>;

// {name} stands for an argument of the notice.
constexpr std::array kNotices = {
    Words{"annotate.not-ours-to-change",
          "{object} is left out: this user may not change it. `helm upgrade` adopts it only once an "
          "administrator "
          "has run {commands}"},
    Words{"annotate.other-release",
          "{object} belongs to Helm release {release}: skipped (use --take-ownership to include it)"},
    Words{"apply.applied-already", "{file} was carried out on {time}: a plan is carried out once"},
    Words{"apply.done-already", "{count} of the plan's changes are there already: the others are left to do"},
    Words{"apply.not-marked", "{file} could not be marked as carried out: {why}"},
    Words{"executor.stopping", "stopping: {requests} in flight; Ctrl-C again ends at once"},
    Words{"executor.waiting-for-unanswered",
          "waiting {time} before anything is deleted: the API server may still be working on a request "
          "that it did not answer"},
    Words{"export.other-revision",
          "the release has no revision 1: revision {revision} is used, the newest of a 3.x chart"},
    Words{"export.revision-unreadable", "{secret} cannot be read and is skipped: {why}"},
    Words{"flyway.done-before",
          "run {run} has migrated the database {database} already: left out (--again migrates it once more)"},
    Words{"flyway.done-again",
          "run {run} has migrated the database {database} already: it is migrated once more"},
    Words{"flyway.complete", "Job {job} has migrated the database: only the end of it is left"},
    Words{"flyway.container-not-asked",
          "container frontend of Pod {pod} could not be asked for its environment ({why}): the database's "
          "address "
          "and password are read from the Pod's description, and may be newer than what the frontend uses"},
    Words{"flyway.image-not-pulled", "the migrator's image could not be pulled yet: {message}"},
    Words{"flyway.left-to-do", "the database is migrated; still to do: {commands}"},
    Words{"flyway.log-unreadable", "the log of Pod {pod} cannot be read: {why}"},
    Words{"flyway.log-unwritable",
          "the migrator's log cannot be written, and is not complete: {why} (the migration goes on)"},
    Words{"flyway.not-planned",
          "the database migration is not planned, and is missing in this plan: see check {check}"},
    Words{"flyway.pod-refused",
          "the server refuses the migrator's Pod: {message} (waiting; fix it, or stop with Ctrl-C)"},
    Words{"flyway.pods-unreadable", "the migrator's Pods cannot be listed, its log may lack lines: {why}"},
    Words{"flyway.secret-left", "Secret {secret} with the database's password stays in the namespace: {why}"},
    Words{"flyway.taken-up",
          "Job {job} of an earlier run that was cut off is there: it is followed to its end"},
    Words{"flyway.unschedulable",
          "no node can take the migrator's Pod yet: {message} (waiting; it needs 2m CPU and 10Mi memory)"},
    Words{"journal.unreadable",
          "the journal of run {run} cannot be read, and what that run did is not known here: {why}"},
    Words{"kots_cleanup.claim-kept",
          "PersistentVolumeClaim {claim} is kept: volume {volume} would be deleted with it, and you may not "
          "set it to Retain "
          "(--delete-volumes deletes both)"},
    Words{"lock.not-possible",
          "namespace {namespace} cannot be locked against a second run at the same time ({why}): make sure "
          "that "
          "nobody else runs kots-export on it"},
    Words{"lock.not-renewed",
          "the lock of the namespace could not be renewed ({why}): nothing more is sent until it is"},
    Words{"lock.not-released",
          "the lock of namespace {namespace} could not be given back: it runs out within {time}"},
    Words{"lock.releasing", "giving back the lock of namespace {namespace}: the server does not answer yet"},
    Words{"lock.taken-over", "the lock of {holder} is taken over"},
    Words{"lock.waiting",
          "{holder} holds the lock of the namespace: waiting up to {time} to see whether it is alive "
          "(Ctrl-C ends the waiting)"},
    Words{"nomad.other-name",
          "the certificate has no name server.global.nomad: is it the one of Nomad's server?"},
    Words{"nomad.unchanged", "{file} has these certificates already: unchanged"},
    Words{"plan.not-saved", "{file} was not written: the plan is not whole, see check {check}"},
    Words{"plan.holds-secrets",
          "{file} holds passwords and whole Secrets in clear: keep it as safe as the cluster's Secrets, and "
          "delete it when it is applied"},
    Words{"progress.step", "{step}: {time}"},
    Words{"progress.step-at", "{step}, {time}: {at}"},
    Words{"progress.counts", "{done} of {total} changes"},
    Words{"progress.counts-with-refused", "{done} of {total} changes, {refused} refused"},
    Words{"progress.counts-with-unknown", "{done} of {total} changes, {unknown} unknown"},
    Words{"progress.counts-with-both", "{done} of {total} changes, {refused} refused, {unknown} unknown"},
    Words{"progress.rate", "{done} of {total} changes, {rate}/s, {left} left"},
    Words{"progress.counts-narrow", "{done}/{total}"},
    Words{"progress.counts-with-refused-narrow", "{done}/{total}, {refused} refused"},
    Words{"progress.counts-with-unknown-narrow", "{done}/{total}, {unknown} unknown"},
    Words{"progress.counts-with-both-narrow", "{done}/{total}, {refused} ref., {unknown} unk."},
    Words{"progress.rate-narrow", "{done}/{total}, {left} left"},
    Words{"progress.checks", "{checks}"},
    Words{"progress.checks-with-findings", "{checks}, {findings}"},
    Words{"progress.planned", "planned"},
    Words{"progress.applied", "done in apply"},
    Words{"progress.not-begun", "not begun"},
    Words{"progress.job", "Job {job} has no Pod yet ({time})"},
    Words{"progress.pod", "Pod {pod} is {phase} ({time})"},
    Words{"progress.pod-waits", "Pod {pod} is {phase}: {reason} ({time})"},
    Words{"progress.pod-with-log", "Pod {pod} is {phase} ({time}), last line {ago} ago"},
    Words{"progress.job-narrow", "the Job has no Pod yet ({time})"},
    Words{"progress.pod-narrow", "the Pod is {phase} ({time})"},
    Words{"progress.last-line-narrow", "last line {ago} ago"},
    Words{"progress.no-answer", "no answer for {time} ({request})"},
    Words{"progress.no-answer-narrow", "no answer for {time}"},
    Words{"progress.pause-narrow", "sent again in {time}:"},
    Words{"progress.pause", "{request} is sent again in {time}: {why}"},
    Words{"postgres.external", "PostgreSQL runs outside of the cluster: nothing to do"},
    Words{"postgres.still-there", "{object} is still being deleted: run `helm upgrade` when it is gone"},
    Words{"report.other-server",
          "verify looked at server {verified}, the run was on {run}: see that it is the same cluster"},
    Words{"rollback.conflict.changed", "{object} has since been changed at {key}: that key is left alone"},
    Words{"rollback.conflict.going", "{object} is still being deleted: run rollback again when it is gone"},
    Words{"rollback.conflict.gone", "{object} has since been deleted by somebody else: it is not recreated"},
    Words{"rollback.conflict.not-bound",
          "{object} keeps reclaim policy Retain: its claim is not bound yet; run rollback again when it is"},
    Words{"rollback.conflict.not-ours", "{object} is not the one that the run made: it is left alone"},
    Words{"rollback.conflict.not-served",
          "this server no longer has the kind of {object}: it is not recreated"},
    Words{"rollback.conflict.replaced", "somebody else has since made another {object}: it is left alone"},
    Words{
        "rollback.conflict.volume-at-risk",
        "{object} is left alone: volume {volume} would be deleted with it; set its reclaim policy to Retain"},
    Words{"rollback.conflict.volume-not-ready",
          "{object} is left as it is: volume {volume} was not made ready for it; run rollback again"},
    Words{"rollback.conflict.volume-taken", "{object} is not recreated: another claim has its volume"},
    Words{"rollback.database",
          "the database migration is not undone: restore the database from its backup if the "
          "old version needs that"},
    Words{"rollback.earlier-run",
          "run {run} before it is not rolled back: run rollback again to go back further"},
    Words{"rollback.jobs-run-again", "{jobs}: recreated, so they run again"},
    Words{"rollback.left", "{object} has since been written by somebody else: {key} stays as it is"},
    Words{"rollback.not-made-again", "{object} served a run's own work, and is not recreated"},
    Words{"rollback.rolled-back", "run {run} is rolled back already"},
    Words{"rollback.run", "rolling back run {run}"},
    Words{"rollback.run-is-running",
          "run {run} is still running: roll back when it has ended. What it does until then is not shown"},
    Words{"rollback.service-address", "Service {service} gets a new address: its old one is taken"},
    Words{"rollback.waiting-for-unanswered",
          "waiting {time}: the API server may still be working on requests of run {run} that it did not "
          "answer"},
    Words{"rollback.volume-gone",
          "the volume {volume} of PersistentVolumeClaim {claim} is gone with its data: the claim gets a new, "
          "empty one"},
    Words{
        "rollback.volume-unseen",
        "volume {volume} may not be read: PersistentVolumeClaim {claim} waits until an administrator clears "
        "the volume's claimRef.uid"},
    Words{"run.stopped",
          "done {done}, refused {refused}, unknown {unknown}, not sent {left} ({time}); CircleCI 3.x keeps "
          "running"},
    Words{"run.stopped-early",
          "done {done}, refused {refused}, unknown {unknown}, not sent about {left} ({time}); CircleCI 3.x "
          "keeps "
          "running"},
    Words{"secret.verified", "the registry {server} accepts the credentials"},
    Words{"summary.done", "{patch} patched, {delete} deleted, {create} created, {unchanged} unchanged"},
    Words{"summary.planned",
          "{patch} to patch, {delete} to delete, {create} to create, {unchanged} unchanged"},
    Words{"tls.not-verified", "the server's certificate is not checked (insecure-skip-tls-verify)"},
    Words{"transform.earlier-output-unreadable",
          "{file} of an earlier run cannot be read, so a new MongoDB password is made: {why}"},
    Words{"transform.warning", "{text}"},
    Words{"values.corrections-kept",
          "the files of --values of an earlier run correct the values again, as they were then: {files} "
          "(--values names others, --values /dev/null drops them)"},
    Words{"values.corrections-of-another",
          "the files of --values of an earlier run ({files}) are of release {release} in namespace "
          "{namespace}: not used here"},
    Words{"values.edited",
          "{file} was edited, or no run wrote it: it stays as it is, and the values of this run go to {new} "
          "(`kots-export diff` compares the two, --overwrite-values replaces the edited one)"},
    Words{"values.edited-not-corrected",
          "--values does not reach {file}, which was edited: put what {files} has into it too, or replace it "
          "with --overwrite-values"},
    Words{"values.error", "{file}:{line}: error: {path}: {text}"},
    Words{"values.warnings", "{warnings} about {file}: {command} shows them"},
    Words{"values.would-be-written", "{file} would be written (dry run: nothing was)"},
    Words{"values.copy-kept", "{file} was there already: the old one is kept as {copy}"},
    Words{"verify.cut-off", "the server is not reached, trying again: {why}"},
    Words{"verify.server-error", "the server is in trouble, trying again: {why}"},
    Words{"verify.waited", "the release is deployed and its workloads are ready, after {time}"},
    Words{"verify.waited-enough",
          "waited for {time}; the checks say what is not ready yet, and waiting longer will not help"},
    Words{"verify.waited-in-vain",
          "the release or some of its workloads are not ready after {time} (--wait): the checks say what is "
          "not"},
    Words{"verify.waiting", "waiting: {work}"},
};

constexpr std::array kHeadings = {
    Words{"checks", "checks: what would stop the migration, or the upgrade after it"},
    Words{"export", "export: read the values that KOTS deployed"},
    Words{"transform", "transform: turn 3.x values into 4.x values"},
    Words{"apply", "apply: change the objects"},
    Words{"fix-manifest", "fix-manifest: bring the release's record to API versions that are served"},
    Words{"annotate", "annotate: plan which objects are handed over to Helm"},
    Words{"kots_cleanup", "kots_cleanup: plan what of KOTS is removed"},
    Words{"flyway", "flyway: migrate the database"},
    Words{"postgres", "postgres: delete StatefulSet and Secret postgresql (Pods and data stay)"},
    Words{"rollback", "rollback: put back what a run changed"},
    Words{"secret", "secret: credentials for the image registry"},
    Words{"verify", "verify: what must hold after the upgrade"},
};

// Of those above that change something: what stands over them where nothing is changed.
constexpr std::array kPlannedHeadings = {
    Words{"apply", "apply: plan which objects are changed"},
    Words{"fix-manifest",
          "fix-manifest: plan how the release's record is brought to API versions that are served"},
    Words{"flyway", "flyway: plan the migration of the database"},
    Words{"postgres",
          "postgres: plan that StatefulSet and Secret postgresql are deleted (Pods and data stay)"},
};

constexpr std::array kRoles = {
    Words{"migrator-log", "log of the database migration"},
    Words{"plan", "saved plan (it holds secrets)"},
    Words{"report", "report"},
    Words{"values", "values for Server 4"},
    Words{"values-new", "values for Server 4, beside the edited ones"},
    Words{"values-3.x", "3.x values"},
};

template <std::size_t N>
const std::string_view* find(const std::array<Words, N>& words, std::string_view id) {
  const auto found = std::ranges::find(words, id, &Words::first);
  return found == words.end() ? nullptr : &found->second;
}

// `hint` with each long command (which stands between backticks) on a line of its own, so that it can be
// found and copied. Short ones are names of what a sentence speaks of.
std::string with_commands_apart(std::string_view hint) {
  constexpr std::size_t kLong = 40;
  std::string text;
  const auto begin_line = [&text](std::string_view indent) {
    if (text.empty()) return;
    text.erase(text.find_last_not_of(" (") + 1);
    text.append("\n").append(indent);
  };
  bool is_after_command = false;
  while (!hint.empty()) {
    const auto open = hint.find('`');
    const auto close = open == std::string_view::npos ? open : hint.find('`', open + 1);
    const bool has_command = close != std::string_view::npos;
    const bool is_long = has_command && close - open > kLong;
    std::string_view words = hint.substr(0, !has_command ? hint.size() : is_long ? open : close + 1);
    const std::size_t end = is_long ? close + 1 : words.size();
    if (is_after_command) words.remove_prefix(std::min(words.find_first_not_of(".,;:) "), words.size()));
    if (is_after_command && !words.empty()) begin_line("  ");
    if (!words.empty()) is_after_command = false;
    text += words;
    if (is_long) {
      begin_line("    ");
      text += hint.substr(open + 1, close - open - 1);
      is_after_command = true;
    }
    hint.remove_prefix(end);
  }
  return text;
}

}  // namespace

std::string text_of(const change::Notice& notice) {
  const std::string_view* words = find(kNotices, notice.id);
  if (words != nullptr) {
    std::vector<util::Argument> arguments;
    for (const auto& [name, value] : notice.args) arguments.emplace_back(name, one_line(value));
    return util::filled(*words, arguments);
  }
  std::string text = notice.id;
  for (const auto& [name, value] : notice.args) text += " " + name + "=" + value;
  return text;
}

std::string heading_of(std::string_view step, Tense tense) {
  const std::string_view* words = tense == Tense::planned ? find(kPlannedHeadings, step) : nullptr;
  if (words == nullptr) words = find(kHeadings, step);
  return std::string(words != nullptr ? *words : step);
}

std::string role_of(std::string_view file_role) {
  const std::string_view* words = find(kRoles, file_role);
  return std::string(words != nullptr ? *words : file_role);
}

std::string text_of(const change::PlanSummary& summary, Tense tense) {
  return text_of(change::Notice{.id = tense == Tense::planned ? "summary.planned" : "summary.done",
                                .args = {{"patch", std::to_string(summary.patch)},
                                         {"delete", std::to_string(summary.remove)},
                                         {"create", std::to_string(summary.create)},
                                         {"unchanged", std::to_string(summary.already_right)}}});
}

std::string text_of(const Error& error, Colour colour) {
  std::string text = paint(colour, "error:", kRed) + " " + util::printable(error.what()) + "\n";
  if (!error.state().empty()) text += util::printable(error.state()) + "\n";
  if (!error.hint().empty())
    text += paint(colour, "hint:", kYellow) + " " + util::printable(with_commands_apart(error.hint())) + "\n";
  return text;
}

}  // namespace kots_export::ui
