#include <kots_export/change/executor.h>

#include <algorithm>
#include <deque>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;

namespace {

// How often one Change is sent at most when its fate is unknown or it lost a race.
constexpr int kAttempts = 4;
// Changes that are forced to the disk together: one fsync serves what is about to be in flight.
constexpr std::size_t kJournalBatch = 32;

constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kFirstServerError = 500;

std::string action(const Change& change) {
  return std::string(to_string(change.verb)) + " " + kube::describe(change.object);
}

kube::Request request_of(const Change& change, kube::DryRun dry_run) {
  switch (change.verb) {
    case Verb::create:
      return kube::create_request(change.object, change.after, dry_run);
    case Verb::remove:
      return kube::delete_request(change.object, change.propagation, dry_run);
    case Verb::patch:
      break;
  }
  // The UID in the patch makes the server refuse it where the object was replaced since the plan.
  json patch = change.after;
  if (!change.object.uid.empty()) patch["metadata"]["uid"] = change.object.uid;
  return kube::merge_patch_request(change.object, patch, dry_run);
}

// True where `live` already holds everything that the merge patch sets, and nothing that it removes.
bool holds(const json& live, const json& patch) {
  if (!patch.is_object()) return live == patch;
  for (const auto& [key, wanted] : patch.items()) {
    const auto found = live.is_object() ? live.find(key) : live.end();
    const bool present = live.is_object() && found != live.end();
    if (wanted.is_null()) {
      if (present) return false;
    } else if (!present || !holds(*found, wanted)) {
      return false;
    }
  }
  return true;
}

void read_identity(kube::ObjectRef& object, const json& live) {
  const json metadata = live.value("metadata", json::object());
  object.uid = metadata.value("uid", object.uid);
  object.resource_version = metadata.value("resourceVersion", object.resource_version);
}

}  // namespace

// One plan under way: gives the transport its requests, and reads the replies.
class Executor::Batch : public kube::RequestSource {
 public:
  Batch(Executor& executor, const Plan& plan)
      : executor_(executor), plan_(plan), first_id_(executor.next_id_) {
    executor.next_id_ += plan.changes.size();
    result_.outcomes.resize(plan.changes.size());
    attempts_.resize(plan.changes.size());
    for (std::size_t i = 0; i < plan.changes.size(); ++i) order_.push_back(i);
    const auto deletes = std::ranges::stable_partition(
        order_, [&plan](std::size_t i) { return plan.changes[i].verb != Verb::remove; });
    first_delete_ = order_.size() - deletes.size();
    place_.resize(order_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) place_[order_[i]] = i;
  }

  std::optional<kube::Exchange> next() override {
    if (!again_.empty()) {
      kube::Exchange exchange = std::move(again_.front());
      again_.pop_front();
      return exchange;
    }
    if (started_ == order_.size() || must_wait_for_the_rest()) return std::nullopt;
    if (executor_.options_.interrupted && executor_.options_.interrupted()) {
      interrupted_ = true;
      return std::nullopt;
    }
    if (started_ == journalled_) journal_next();
    const std::size_t index = order_[started_++];
    executor_.observer_.change_started(plan_.changes[index]);
    return write(index);
  }

  [[nodiscard]] bool interrupted() const { return interrupted_; }
  [[nodiscard]] std::size_t not_started() const { return order_.size() - started_; }
  Execution take_result() { return std::move(result_); }

 private:
  // Deletes come last, and only where nothing before them was refused.
  [[nodiscard]] bool must_wait_for_the_rest() const {
    return started_ == first_delete_ && (finished_ < first_delete_ || result_.refused > 0);
  }

  // The id by which the journal knows a Change: its place in the order of sending.
  [[nodiscard]] std::size_t journal_id(std::size_t index) const { return first_id_ + place_[index]; }

  void journal_next() {
    const std::size_t end = std::min(journalled_ + kJournalBatch, plan_.changes.size());
    if (executor_.journal_) {
      std::vector<const Change*> changes;
      for (std::size_t i = journalled_; i < end; ++i) changes.push_back(&plan_.changes[order_[i]]);
      executor_.journal_->record(changes, first_id_ + journalled_);
    }
    journalled_ = end;
  }

  kube::Exchange write(std::size_t index) {
    ++attempts_[index];
    return {.request = request_of(plan_.changes[index], executor_.options_.dry_run),
            .done = [this, index](kube::Outcome outcome) { on_write(index, outcome); },
            .on_data = {}};
  }

  kube::Exchange read_back(std::size_t index, std::string doubt) {
    return {.request = kube::get_request(plan_.changes[index].object),
            .done = [this, index,
                     doubt = std::move(doubt)](kube::Outcome outcome) { on_read(index, outcome, doubt); },
            .on_data = {}};
  }

  void on_write(std::size_t index, const kube::Outcome& outcome) {
    const Change& change = plan_.changes[index];
    if (const auto* failure = std::get_if<kube::TransportFailure>(&outcome)) {
      const kube::ConnectionError error(action(change), *failure);
      if (failure->delivered == kube::TransportFailure::Delivered::no) return refuse(index, error);
      return doubt(index, error.what());
    }
    const auto& reply = std::get<kube::Reply>(outcome);
    if (reply.status < 300) return succeed(index, reply.body);
    const kube::ApiError error = kube::api_error(action(change), reply);
    if (reply.status == kNotFound && change.verb != Verb::create)
      return finish(index, {.status = ChangeOutcome::Status::gone, .error = {}, .object = change.object});
    if (reply.status >= kFirstServerError || (reply.status == kConflict && change.verb != Verb::create)) {
      return doubt(index, error.what());
    }
    refuse(index, error);
  }

  // Whether the server acted on the write is not known: ask it.
  void doubt(std::size_t index, std::string why) { again_.push_back(read_back(index, std::move(why))); }

  void on_read(std::size_t index, const kube::Outcome& outcome, const std::string& why) {
    const Change& change = plan_.changes[index];
    const auto* reply = std::get_if<kube::Reply>(&outcome);
    if (reply == nullptr) {
      return refuse(index, kube::ConnectionError("read back " + kube::describe(change.object),
                                                 std::get<kube::TransportFailure>(outcome)));
    }
    if (reply->status == kNotFound) {
      if (change.verb == Verb::create) return send_again(index, why);
      const auto status =
          change.verb == Verb::remove ? ChangeOutcome::Status::done : ChangeOutcome::Status::gone;
      return finish(index, {.status = status, .error = {}, .object = change.object});
    }
    if (reply->status >= 300)
      return refuse(index, kube::api_error("read back " + kube::describe(change.object), *reply));
    const json live = json::parse(reply->body, nullptr, false);
    kube::ObjectRef found = change.object;
    found.uid.clear();
    read_identity(found, live);
    const bool same = change.object.uid.empty() || found.uid == change.object.uid;
    switch (change.verb) {
      case Verb::create:
        // It did not exist when the plan was made: the request arrived.
        return finish(index, {.status = ChangeOutcome::Status::done, .error = {}, .object = found});
      case Verb::remove:
        if (!same)
          return finish(index, {.status = ChangeOutcome::Status::done, .error = {}, .object = change.object});
        if (live.value("metadata", json::object()).contains("deletionTimestamp")) {
          return finish(index, {.status = ChangeOutcome::Status::done, .error = {}, .object = found});
        }
        return send_again(index, why);
      case Verb::patch:
        if (!same) {
          return refuse(index,
                        Error("cannot " + action(change),
                              "it was replaced by another object of the same name since the plan was made",
                              "Run the same command again: it plans anew from what is there now."));
        }
        if (holds(live, change.after))
          return finish(index, {.status = ChangeOutcome::Status::done, .error = {}, .object = found});
        return send_again(index, why);
    }
  }

  void send_again(std::size_t index, const std::string& why) {
    if (attempts_[index] < kAttempts) return again_.push_back(write(index));
    finish(index,
           {.status = ChangeOutcome::Status::refused, .error = why, .object = plan_.changes[index].object});
  }

  void succeed(std::size_t index, const std::string& body) {
    kube::ObjectRef object = plan_.changes[index].object;
    const json live = json::parse(body, nullptr, false);
    if (live.is_object() && plan_.changes[index].verb != Verb::remove) read_identity(object, live);
    finish(index, {.status = ChangeOutcome::Status::done, .error = {}, .object = std::move(object)});
  }

  void refuse(std::size_t index, const Error& error) {
    const std::string text =
        error.hint().empty() ? error.what() : std::string(error.what()) + " (" + error.hint() + ")";
    finish(index,
           {.status = ChangeOutcome::Status::refused, .error = text, .object = plan_.changes[index].object});
  }

  void finish(std::size_t index, ChangeOutcome outcome) {
    switch (outcome.status) {
      case ChangeOutcome::Status::done:
        ++result_.done;
        break;
      case ChangeOutcome::Status::gone:
        ++result_.gone;
        break;
      case ChangeOutcome::Status::refused:
        ++result_.refused;
        break;
    }
    ++finished_;
    if (executor_.journal_) executor_.journal_->record_outcome(journal_id(index), outcome);
    executor_.observer_.change_done(plan_.changes[index], outcome);
    result_.outcomes[index] = std::move(outcome);
  }

  Executor& executor_;
  const Plan& plan_;
  std::size_t first_id_;
  std::vector<std::size_t> order_;  // indexes into the plan: creates and patches, then deletes
  std::vector<std::size_t> place_;  // its inverse
  std::size_t first_delete_ = 0;    // where in the order the deletes begin
  std::size_t started_ = 0;
  std::size_t finished_ = 0;
  std::size_t journalled_ = 0;
  bool interrupted_ = false;
  std::vector<int> attempts_;
  std::deque<kube::Exchange> again_;
  Execution result_;
};

Executor::Executor(kube::Client& client, Observer& observer, ExecutorOptions options)
    : client_(client), observer_(observer), options_(std::move(options)) {}

Executor::~Executor() = default;

std::string Executor::journal_path() const { return journal_ ? journal_->path().string() : std::string(); }

void Executor::confirm(const Plan& plan) {
  if (confirmed_ || plan.empty() || options_.dry_run != kube::DryRun::none) return;
  if (options_.confirm && !options_.confirm(plan)) {
    throw Error("nothing was changed", "not confirmed", "Answer yes, or give --yes.");
  }
  confirmed_ = true;
}

Execution Executor::run(const Plan& plan) {
  observer_.planned(plan, options_.dry_run);
  const PlanSummary summary = summarize(plan);
  totals_.create += summary.create;
  totals_.patch += summary.patch;
  totals_.remove += summary.remove;
  totals_.already_right += summary.already_right;
  if (plan.empty() || options_.dry_run == kube::DryRun::client) return {};

  if (options_.dry_run == kube::DryRun::none) {
    confirm(plan);
    if (!journal_ && options_.open_journal) journal_ = options_.open_journal();
  }

  Batch batch(*this, plan);
  client_.run(batch);
  if (batch.interrupted()) {
    throw Interrupted(std::to_string(batch.not_started()) + " of " + std::to_string(plan.changes.size()) +
                          " changes were not sent",
                      "What was sent is done and in " + journal_path() +
                          ". Run the same command again to go on: it does only what is left.");
  }
  Execution result = batch.take_result();
  if (result.refused > 0) {
    const auto first =
        std::ranges::find(result.outcomes, ChangeOutcome::Status::refused, &ChangeOutcome::status);
    throw Error(std::to_string(result.refused) + " of " + std::to_string(plan.changes.size()) +
                    " changes were refused",
                first->error, "Mend the cause and run the same command again: it does only what is left.");
  }
  return result;
}

}  // namespace kots_export::change
