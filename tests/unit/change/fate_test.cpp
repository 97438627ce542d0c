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

ChangeOutcome ended(const Fate& fate) {
  EXPECT_TRUE(std::holds_alternative<ChangeOutcome>(fate));
  return std::get<ChangeOutcome>(fate);
}

TEST(FateOfWrite, SuccessTakesTheIdentityThatTheServerGave) {
  const ChangeOutcome outcome = ended(fate_of_write(create_of("x"), reply(201, live("x", "new-uid", {}))));
  EXPECT_EQ(outcome.status, Status::done);
  EXPECT_EQ(outcome.object.uid, "new-uid");
  EXPECT_EQ(outcome.object.resource_version, "7");
}

TEST(FateOfWrite, AMissingObjectIsGoneForPatchAndDelete) {
  EXPECT_EQ(ended(fate_of_write(patch_of("x"), reply(404))).status, Status::gone);
  EXPECT_EQ(ended(fate_of_write(delete_of("x"), reply(404))).status, Status::gone);
}

TEST(FateOfWrite, ANamespaceThatIsMissingRefusesACreate) {
  EXPECT_EQ(ended(fate_of_write(create_of("x"), reply(404))).status, Status::refused);
}

TEST(FateOfWrite, ARequestThatNeverLeftIsRefusedAndNotReadBack) {
  EXPECT_EQ(ended(fate_of_write(patch_of("x"), reset(TransportFailure::Delivered::no))).status,
            Status::refused);
}

TEST(FateOfWrite, ACutConnectionServerErrorsAndLostRacesAreReadBack) {
  for (const kube::Outcome& outcome :
       {kube::Outcome(reset(TransportFailure::Delivered::maybe)), kube::Outcome(reply(500)),
        kube::Outcome(reply(504)), kube::Outcome(reply(409))}) {
    SCOPED_TRACE(outcome.index() == 0 ? std::get<kube::Reply>(outcome).status : 0);
    EXPECT_TRUE(std::holds_alternative<ReadBack>(fate_of_write(patch_of("x"), outcome)));
  }
}

TEST(FateOfWrite, ACreateThatMeetsAnotherObjectIsRefused) {
  EXPECT_EQ(ended(fate_of_write(create_of("x"), reply(409))).status, Status::refused);
}

TEST(FateOfReadBack, APatchThatIsThereIsDone) {
  const auto found = reply(200, live("x", "uid-x", {{"a", "b"}, {"other", "kept"}}));
  EXPECT_EQ(ended(fate_of_read_back(patch_of("x"), found, "cut")).status, Status::done);
}

TEST(FateOfReadBack, APatchThatIsNotThereIsSentAgain) {
  EXPECT_TRUE(std::holds_alternative<SendAgain>(
      fate_of_read_back(patch_of("x"), reply(200, live("x", "uid-x", {{"a", "old"}})), "cut")));
}

TEST(FateOfReadBack, APatchIsNotSentToAnObjectThatReplacedTheOldOne) {
  const auto outcome = ended(fate_of_read_back(patch_of("x"), reply(200, live("x", "other", {})), "409"));
  EXPECT_EQ(outcome.status, Status::refused);
  EXPECT_NE(outcome.error.find("replaced"), std::string::npos);
}

TEST(FateOfReadBack, ADeleteIsDoneWhereTheObjectIsGoneReplacedOrOnItsWayOut) {
  EXPECT_EQ(ended(fate_of_read_back(delete_of("x"), reply(404), "cut")).status, Status::done);
  EXPECT_EQ(ended(fate_of_read_back(delete_of("x"), reply(200, live("x", "other", {})), "cut")).status,
            Status::done);
  json leaving = live("x", "uid-x", {});
  leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  EXPECT_EQ(ended(fate_of_read_back(delete_of("x"), reply(200, leaving), "cut")).status, Status::done);
}

TEST(FateOfReadBack, ACreateThatDidNotArriveIsSentAgain) {
  EXPECT_TRUE(std::holds_alternative<SendAgain>(fate_of_read_back(create_of("x"), reply(404), "cut")));
}

TEST(FateOfReadBack, AnAnswerThatIsNoJsonIsRefused) {
  const kube::Reply html{.status = 200, .headers = {}, .body = "<html>"};
  EXPECT_EQ(ended(fate_of_read_back(patch_of("x"), html, "cut")).status, Status::refused);
}

TEST(WriteRequest, APatchCarriesTheUidSoThatAReplacedObjectIsNotTouched) {
  const json body = json::parse(write_request(patch_of("x"), kube::DryRun::none).body);
  EXPECT_EQ(body["metadata"]["uid"], "uid-x");
}

}  // namespace
}  // namespace kots_export::change
