#include "change/fate.h"

#include "unit/change/changes.h"
#include "unit/support/scripted_transport.h"

#include <gtest/gtest.h>

namespace kots_export::change {
namespace {

using kube::TransportFailure;
using nlohmann::json;
using Status = ChangeOutcome::Status;
using test::create_of;
using test::delete_of;
using test::live;
using test::patch_of;
using test::reply;
using test::reset;
using test::status_reply;

constexpr Tries kFirst = Tries::all_answered;
constexpr Tries kOpen = Tries::one_unanswered;

// What a decision comes to, in words that a failed test shows.
std::string text_of(const Fate& fate) {
  const auto open = [](Tries tries) { return std::string(tries == kOpen ? " (open)" : ""); };
  if (const auto* outcome = std::get_if<ChangeOutcome>(&fate))
    return std::string(to_string(outcome->status)) + open(outcome->tries);
  if (const auto* unread = std::get_if<ReadBack>(&fate)) return "read back" + open(unread->tries);
  return "send again" + open(std::get<SendAgain>(fate).tries);
}

kube::Reply replaced() {
  json status = json::parse(status_reply(422, "Invalid").body);
  status["details"]["causes"] =
      json::array({{{"reason", "FieldValueInvalid"}, {"field", "metadata.uid"}, {"message", "immutable"}}});
  return reply(422, status);
}

kube::Reply deleted(const std::string& name, const std::string& uid) {
  return reply(200, {{"kind", "Status"}, {"status", "Success"}, {"details", {{"name", name}, {"uid", uid}}}});
}

kube::Reply html(int status) { return test::text_reply(status, "<html>sign in</html>"); }

Change insisting(Change change) {
  change.guard = Guard::resource_version;
  return change;
}

struct WriteCase {
  std::string name;
  Change change;
  kube::Outcome answer;
  std::string first;  // the first try
  std::string later;  // after one that was not answered
};

class FateOfWrite : public testing::TestWithParam<WriteCase> {};

TEST_P(FateOfWrite, IsWhatTheAnswerProves) {
  const WriteCase& one = GetParam();
  EXPECT_EQ(text_of(fate_of_write(one.change, one.answer, kFirst)), one.first);
  EXPECT_EQ(text_of(fate_of_write(one.change, one.answer, kOpen)), one.later);
}

std::vector<WriteCase> write_cases() {
  const Change create = create_of("x");
  const Change patch = patch_of("x");
  const Change remove = delete_of("x");
  const auto lost = reset(TransportFailure::Delivered::maybe);
  const auto unsent = reset(TransportFailure::Delivered::no);
  json partial = live("x", "uid-x", {});
  partial["kind"] = "PartialObjectMetadata";
  json of_another_kind = live("x", "uid-x", {});
  of_another_kind["kind"] = "Secret";
  kube::Reply cut = reply(200, live("x", "uid-x", {}));
  cut.body.resize(cut.body.size() / 2);
  return {
      {"Created", create, reply(201, live("x", "new", {})), "done", "done (open)"},
      {"Patched", patch, reply(200, live("x", "uid-x", {})), "done", "done (open)"},
      {"PatchedAsMetadata", patch, reply(200, partial), "done", "done (open)"},
      {"Deleted", remove, deleted("x", "uid-x"), "done", "done (open)"},
      {"GoingAfterADelete", remove, reply(200, live("x", "uid-x", {})), "done", "done (open)"},
      // 200 with anything else than what was written proves nothing.
      {"AWebPage", patch, html(200), "read back (open)", "read back (open)"},
      {"AnotherObject", patch, reply(200, live("y", "uid-y", {})), "read back (open)", "read back (open)"},
      {"AnotherUid", patch, reply(200, live("x", "other", {})), "read back (open)", "read back (open)"},
      {"AnotherKind", patch, reply(200, of_another_kind), "read back (open)", "read back (open)"},
      {"AnEmptyBody", patch, test::text_reply(200, ""), "read back (open)", "read back (open)"},
      {"ACutBody", patch, cut, "read back (open)", "read back (open)"},
      {"ADeleteOfAnother", remove, deleted("y", "uid-y"), "read back (open)", "read back (open)"},
      {"AStatusForACreate", create, reply(201, {{"kind", "Status"}, {"status", "Success"}}),
       "read back (open)", "read back (open)"},
      {"ARedirect", patch, html(302), "read back (open)", "read back (open)"},
      // No answer.
      {"LostOnTheWay", patch, lost, "read back (open)", "read back (open)"},
      {"NeverSent", patch, unsent, "notSent", "unknown (open)"},
      // A server's error says nothing of what it did before.
      {"InternalError", patch, status_reply(500, "InternalError"), "read back (open)", "read back (open)"},
      {"GatewayTimeout", patch, html(504), "read back (open)", "read back (open)"},
      {"Unavailable", create, html(503), "read back (open)", "read back (open)"},
      // Refusals; of an earlier try that nobody answered they say nothing.
      {"Forbidden", patch, status_reply(403, "Forbidden"), "refused", "read back (open)"},
      {"ForbiddenByAProxy", patch, html(403), "read back (open)", "read back (open)"},
      {"TooManyRequests", patch, test::text_reply(429, "Too many requests"), "refused", "read back (open)"},
      {"Invalid", patch, status_reply(422, "Invalid"), "refused", "read back (open)"},
      {"ReplacedByAnother", patch, replaced(), "refused", "unknown (open)"},
      {"PatchOfWhatIsGone", patch, status_reply(404, "NotFound"), "gone", "unknown (open)"},
      {"DeleteOfWhatIsGone", remove, status_reply(404, "NotFound"), "gone", "done (open)"},
      {"NoNamespaceToCreateIn", create, status_reply(404, "NotFound"), "refused", "read back (open)"},
      {"ExistsAlready", create, status_reply(409, "AlreadyExists"), "refused", "read back (open)"},
      {"QuotaRace", create, status_reply(409, "Conflict"), "send again", "send again (open)"},
      {"PatchLostARace", patch, status_reply(409, "Conflict"), "read back", "read back (open)"},
      {"DeleteOfAnotherUid", remove, status_reply(409, "Conflict"), "read back", "read back (open)"},
  };
}

INSTANTIATE_TEST_SUITE_P(Answers, FateOfWrite, testing::ValuesIn(write_cases()),
                         [](const auto& one) { return one.param.name; });

struct ReadCase {
  std::string name;
  Change change;
  kube::Outcome answer;
  std::string settled;  // it was read because of a refusal
  std::string open;     // because of a try that was not answered
};

class FateOfReadBack : public testing::TestWithParam<ReadCase> {};

TEST_P(FateOfReadBack, IsWhatTheObjectProves) {
  const ReadCase& one = GetParam();
  EXPECT_EQ(text_of(fate_of_read_back(one.change, one.answer, {"why", kFirst})), one.settled);
  EXPECT_EQ(text_of(fate_of_read_back(one.change, one.answer, {"why", kOpen})), one.open);
}

std::vector<ReadCase> read_cases() {
  const Change create = create_of("x");
  const Change patch = patch_of("x");
  const Change remove = delete_of("x");
  const json patched = live("x", "uid-x", {{"a", "b"}, {"other", "kept"}});
  const json unpatched = live("x", "uid-x", {{"a", "old"}});
  json going = unpatched;
  going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  json other_content = live("x", "new", {});
  other_content["metadata"]["labels"] = {{"made", "by somebody else"}};
  Change with_label = create;
  with_label.after["metadata"]["labels"] = {{"made", "by us"}};
  const auto gone = status_reply(404, "NotFound");
  return {
      {"PatchIsThere", patch, reply(200, patched), "done", "done (open)"},
      {"PatchIsNotThere", patch, reply(200, unpatched), "send again", "send again (open)"},
      {"PatchOfAReplacedObject", patch, reply(200, live("x", "other", {})), "refused", "unknown (open)"},
      {"PatchOfWhatIsGone", patch, gone, "gone", "unknown (open)"},
      {"PatchOfWhatChangedSinceThePlan", insisting(patch), reply(200, unpatched), "refused",
       "unknown (open)"},
      {"DeleteOfWhatIsGone", remove, gone, "gone", "done (open)"},
      {"DeleteOfAReplacedObject", remove, reply(200, live("x", "other", {})), "gone", "done (open)"},
      {"DeleteOfWhatIsGoing", remove, reply(200, going), "done", "done (open)"},
      {"DeleteOfWhatIsStillThere", remove, reply(200, unpatched), "send again", "send again (open)"},
      {"DeleteOfWhatChangedSinceThePlan", insisting(remove), reply(200, unpatched), "refused",
       "unknown (open)"},
      {"CreateThatIsThere", create, reply(200, live("x", "new", {})), "done", "done (open)"},
      {"CreateThatIsNotThere", create, gone, "send again", "send again (open)"},
      {"CreateOfWhatSomebodyElseMade", with_label, reply(200, other_content), "refused", "unknown (open)"},
      // Nothing is proved by these.
      {"AWebPage", patch, html(200), "send again", "send again (open)"},
      {"AMissingPage", remove, html(404), "send again", "send again (open)"},
      {"AnotherObject", patch, reply(200, live("y", "uid-x", {{"a", "b"}})), "send again",
       "send again (open)"},
      {"NoAnswer", patch, reset(), "send again", "send again (open)"},
      {"MayNotBeRead", patch, status_reply(403, "Forbidden"), "send again", "send again (open)"},
  };
}

INSTANTIATE_TEST_SUITE_P(Objects, FateOfReadBack, testing::ValuesIn(read_cases()),
                         [](const auto& one) { return one.param.name; });

TEST(GiveUp, IsUnknownWhereATryWasNotAnsweredAndRefusedElse) {
  EXPECT_EQ(text_of(give_up(patch_of("x"), {"why", kOpen})), "unknown (open)");
  EXPECT_EQ(text_of(give_up(patch_of("x"), {"why", kFirst})), "refused");
}

TEST(FateOfAWrite, SuccessTakesTheIdentityThatTheServerGave) {
  const Fate fate = fate_of_write(create_of("x"), reply(201, live("x", "new-uid", {})), kFirst);
  const auto& outcome = std::get<ChangeOutcome>(fate);
  EXPECT_EQ(outcome.object.uid, "new-uid");
  EXPECT_EQ(outcome.object.resource_version, "7");
}

TEST(FateOfAWrite, SaysThatTheObjectWasReplaced) {
  const Fate fate = fate_of_write(patch_of("x"), replaced(), kFirst);
  EXPECT_NE(std::get<ChangeOutcome>(fate).error.find("replaced by another"), std::string::npos);
}

TEST(WriteRequest, APatchCarriesTheUidSoThatAReplacedObjectIsNotTouched) {
  const json body = json::parse(write_request(patch_of("x"), kube::DryRun::none).body);
  EXPECT_EQ(body["metadata"]["uid"], "uid-x");
}

}  // namespace
}  // namespace kots_export::change
