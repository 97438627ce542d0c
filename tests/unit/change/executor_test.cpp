#include <kots_export/change/executor.h>
#include <kots_export/change/journal_reader.h>
#include <kots_export/kube/watched_transport.h>

#include "unit/change/changes.h"
#include "unit/support/full_disk.h"
#include "unit/support/recording_observer.h"
#include "unit/support/scripted_transport.h"

#include <deque>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kots_export::change {
namespace {

using kube::Method;
using test::create_of;
using test::delete_of;
using test::live;
using test::patch_of;
using test::reply;
using test::ScriptedTransport;
using testing::ElementsAre;
using testing::HasSubstr;

kube::Outcome everything_works(const kube::Request& request) { return test::answer_to(request); }

std::string name_of(const kube::Request& request) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  return std::string(kube::to_string(request.method)) + " " + path.substr(path.rfind('/') + 1);
}

std::vector<std::string> sent(const ScriptedTransport& transport) {
  std::vector<std::string> names;
  for (const auto& request : transport.requests()) names.push_back(name_of(request));
  return names;
}

// An Executor with a journal in a folder of its own, on a scripted transport.
class ExecutorTest : public testing::Test {
 protected:
  ExecutorTest() {
    std::string pattern = testing::TempDir() + "executor-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ExecutorTest() override { std::filesystem::remove_all(folder_); }

  ExecutorOptions options() {
    return {.dry_run = kube::DryRun::none,
            .begin_writing =
                [this] {
                  RunHeader header;
                  header.run = "run";
                  return std::make_unique<Journal>(folder_, header);
                },
            .confirm = {},
            .interrupted = {},
            .first_delay = std::chrono::milliseconds(1)};
  }

  std::size_t journal_lines(const std::string& event) const {
    std::ifstream file(folder_ / "run" / "journal.jsonl");
    std::size_t count = 0;
    for (std::string line; std::getline(file, line);) {
      if (nlohmann::json::parse(line).at("event") == event) ++count;
    }
    return count;
  }

  std::filesystem::path folder_;
  Observer silent_;
};

// Gives Changes page by page: each read brings `page` of them; one read at a time, and none while Changes
// wait.
class Pages : public ChangeSource {
 public:
  Pages(int pages, int page) : pages_(pages), page_(page) {}

  std::optional<Change> next_change() override {
    if (known_.empty()) return std::nullopt;
    Change change = std::move(known_.front());
    known_.pop_front();
    return change;
  }
  std::optional<kube::Exchange> next_read() override {
    if (reading_ || asked_ == pages_ || !known_.empty()) return std::nullopt;
    ++asked_;
    reading_ = true;
    return kube::Exchange{.request = {.method = Method::get, .path = "/page", .headers = {}, .body = {}},
                          .done =
                              [this](kube::Outcome) {
                                reading_ = false;
                                for (int i = 0; i < page_; ++i)
                                  known_.push_back(patch_of("p" + std::to_string(made_++)));
                                most_known_ = std::max(most_known_, known_.size());
                              },
                          .on_data = {}};
  }
  void finish() override {
    if (fails_) throw Error("the third page did not come");
  }
  void fail() { fails_ = true; }
  [[nodiscard]] std::optional<std::size_t> expected() const override {
    return static_cast<std::size_t>(pages_ * page_);
  }
  [[nodiscard]] std::size_t most_known() const { return most_known_; }

 private:
  int pages_;
  int page_;
  int asked_ = 0;
  int made_ = 0;
  bool fails_ = false;
  bool reading_ = false;
  std::size_t most_known_ = 0;
  std::deque<Change> known_;
};

TEST_F(ExecutorTest, SaysWhatIsSentAgainLaterAndWhy) {
  int patches = 0;
  ScriptedTransport transport([&](const kube::Request& request) -> kube::Outcome {
    if (request.method == Method::get) return reply(200, live("a", "uid-a", {}));
    return ++patches == 1 ? test::status_reply(503, "ServiceUnavailable")
                          : kube::Reply(test::answer_to(request));
  });
  class Listener : public kube::TrafficListener {
   public:
    void traffic(const kube::Traffic& now) override {
      if (now.pause) pause = now.pause;
    }
    std::optional<kube::Traffic::Pause> pause;
  } listener;
  kube::WatchedTransport watched(transport, listener);
  kube::Client client(watched);
  ExecutorOptions patient = options();
  patient.first_delay = std::chrono::milliseconds(300);

  Plan plan;
  plan.changes = {patch_of("a")};
  (void)Executor(client, silent_, patient).run(plan);

  ASSERT_TRUE(listener.pause);
  EXPECT_EQ(kube::request_text(listener.pause->method, listener.pause->path), "PATCH ConfigMap a");
  EXPECT_THAT(listener.pause->why, HasSubstr("503"));
}

TEST_F(ExecutorTest, DeletesWaitForEverythingElse) {
  ScriptedTransport transport(everything_works);
  kube::Client client(transport);
  Plan plan;
  plan.changes = {delete_of("a"), patch_of("b"), create_of("c"), patch_of("d")};
  const Execution execution = Executor(client, silent_, options()).run(plan);
  EXPECT_EQ(execution.counts.done, 4U);
  EXPECT_THAT(sent(transport), ElementsAre("PATCH b", "POST configmaps", "PATCH d", "DELETE a"));
}

TEST_F(ExecutorTest, NothingIsDeletedWhereSomethingWasRefused) {
  ScriptedTransport transport([](const kube::Request& request) -> kube::Outcome {
    return request.method == Method::patch ? test::status_reply(403, "Forbidden") : test::answer_to(request);
  });
  kube::Client client(transport);
  Plan plan;
  plan.changes = {patch_of("a"), delete_of("b")};
  Executor executor(client, silent_, options());
  EXPECT_THROW((void)executor.run(plan), Error);
  EXPECT_THAT(sent(transport), ElementsAre("PATCH a"));
}

TEST_F(ExecutorTest, EveryChangeIsInTheJournalBeforeItsRequest) {
  std::size_t lines_at_first_request = 0;
  ScriptedTransport transport([&](const kube::Request& request) {
    if (name_of(request) == "PATCH a") lines_at_first_request = journal_lines("change");
    return everything_works(request);
  });
  kube::Client client(transport);
  Plan plan;
  plan.changes = {patch_of("a"), patch_of("b")};
  (void)Executor(client, silent_, options()).run(plan);
  EXPECT_EQ(lines_at_first_request, 2U);
  EXPECT_EQ(journal_lines("outcome"), 2U);
}

// A patch that needs the UID of what an earlier Change creates.
Change patch_with_owner(const std::string& name, const std::string& owner) {
  Change change = patch_of(name);
  change.after = {{"metadata", {{"ownerReferences", {{{"name", owner}, {"uid", ""}}}}}}};
  change.needs = {{.created = create_of(owner).object, .at = "/metadata/ownerReferences/0/uid"}};
  return change;
}

Plan one(Change change) {
  Plan plan;
  plan.changes.push_back(std::move(change));
  return plan;
}

TEST_F(ExecutorTest, AChangeNamesWhatAnEarlierOneCreated) {
  ScriptedTransport transport([](const kube::Request& request) -> kube::Outcome {
    return request.method == Method::get ? reply(404) : test::answer_to(request);
  });
  kube::Client client(transport);
  Executor executor(client, silent_, options());
  (void)executor.run(one(create_of("c")));
  (void)executor.run(one(patch_with_owner("a", "c")));
  const auto body = nlohmann::json::parse(transport.requests().back().body);
  EXPECT_EQ(body["metadata"]["ownerReferences"][0]["uid"], "new-uid-c");
  Change made = delete_of("c");
  made.object.uid.clear();
  made.needs = {{.created = create_of("c").object, .at = ""}};
  EXPECT_EQ(executor.with_known_uids(made).object.uid, "new-uid-c");
}

TEST_F(ExecutorTest, AChangeThatNeedsWhatNobodyCreatedIsNotSent) {
  ScriptedTransport transport(everything_works);
  kube::Client client(transport);
  Executor executor(client, silent_, options());
  EXPECT_THROW((void)executor.run(one(patch_with_owner("a", "c"))), Error);
  EXPECT_TRUE(transport.requests().empty());
}

TEST_F(ExecutorTest, TheServersDryRunSaysWhichChangeIsNeededFirst) {
  ScriptedTransport transport(everything_works);
  kube::Client client(transport);
  test::RecordingObserver observer;
  ExecutorOptions dry = options();
  dry.dry_run = kube::DryRun::server;
  Executor executor(client, observer, dry);
  Plan plan;
  plan.changes = {create_of("c"), patch_with_owner("a", "c")};
  (void)executor.run(plan);
  EXPECT_THAT(sent(transport), ElementsAre("POST configmaps"));
  EXPECT_EQ(executor.counts().not_tried, 1U);
  EXPECT_EQ(executor.totals(), summarize(plan)) << "all of it is counted";
}

// The point: what the journal says is what happened.
TEST_F(ExecutorTest, AWebPageInPlaceOfTheObjectIsNoSuccess) {
  int patches = 0;
  ScriptedTransport transport([&](const kube::Request& request) -> kube::Outcome {
    if (request.method == Method::get) return reply(200, live("a", "uid-a", {}));
    return ++patches == 1 ? test::text_reply(200, "<html>sign in</html>")
                          : kube::Reply(test::answer_to(request));
  });
  kube::Client client(transport);
  const Execution execution = Executor(client, silent_, options()).run(one(patch_of("a")));
  EXPECT_EQ(execution.counts.done, 1U);
  EXPECT_EQ(patches, 2);
}

TEST_F(ExecutorTest, AServerThatAsksForTimeGetsIt) {
  int patches = 0;
  ScriptedTransport transport([&](const kube::Request& request) -> kube::Outcome {
    if (request.method == Method::get) return reply(200, live("a", "uid-a", {}));
    if (++patches > 7) return test::answer_to(request);
    return test::status_reply(503, "ServiceUnavailable", "", {{"retry-after", patches == 1 ? "1" : "0"}});
  });
  kube::Client client(transport);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Executor(client, silent_, options()).run(one(patch_of("a"))).counts.done, 1U);
  EXPECT_EQ(patches, 8) << "it is asked more often than one that does not say when";
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
}

TEST_F(ExecutorTest, TheRequestTimeoutIsForAllTriesOfAWrite) {
  int patches = 0;
  ScriptedTransport transport([&](const kube::Request& request) -> kube::Outcome {
    if (request.method == Method::get) return reply(200, live("a", "uid-a", {}));
    ++patches;
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    return test::reset(kube::TransportFailure::Delivered::maybe);
  });
  kube::Client client(transport);
  ExecutorOptions hurried = options();
  hurried.request_timeout = std::chrono::milliseconds(50);
  EXPECT_THROW((void)Executor(client, silent_, hurried).run(one(patch_of("a"))), NotMade);
  EXPECT_EQ(patches, 1);
}

TEST_F(ExecutorTest, WhatIsNeverAnsweredIsUnknownInTheJournal) {
  ScriptedTransport transport([](const kube::Request&) -> kube::Outcome {
    return test::reset(kube::TransportFailure::Delivered::maybe);
  });
  kube::Client client(transport, {.attempts = 1});
  try {
    (void)Executor(client, silent_, options()).run(one(delete_of("a")));
    FAIL() << "it was taken for done";
  } catch (const NotMade& error) {
    EXPECT_EQ(error.counts().unknown, 1U);
  }
  const RunRecord run = read_journal(folder_ / "run" / "journal.jsonl");
  EXPECT_EQ(run.entries.at(0).outcome.status, ChangeOutcome::Status::unknown);
  EXPECT_TRUE(run.unanswered_until.has_value());
}

TEST_F(ExecutorTest, ADeleteThatIsGoneOnTheSecondTryWasOurs) {
  int deletes = 0;
  ScriptedTransport transport([&](const kube::Request& request) -> kube::Outcome {
    if (request.method == Method::get) return reply(200, live("a", "uid-a", {}));  // a read from before
    return ++deletes == 1 ? kube::Outcome(test::reset(kube::TransportFailure::Delivered::maybe))
                          : test::status_reply(404, "NotFound");
  });
  kube::Client client(transport);
  EXPECT_EQ(Executor(client, silent_, options()).run(one(delete_of("a"))).counts.done, 1U);
}

TEST_F(ExecutorTest, WhatACutCreateMayBringBackIsNotDeletedBeforeItHasArrived) {
  int posts = 0;
  ScriptedTransport transport([&](const kube::Request& request) -> kube::Outcome {
    if (request.method == Method::get) return test::status_reply(404, "NotFound");
    if (request.method == Method::post && ++posts == 1)
      return test::reset(kube::TransportFailure::Delivered::maybe);
    return test::answer_to(request);
  });
  kube::Client client(transport);
  ExecutorOptions patient = options();
  patient.server_patience = std::chrono::milliseconds(300);
  Executor executor(client, silent_, patient);
  (void)executor.run(one(create_of("c")));
  const auto created = std::chrono::steady_clock::now();
  Change made = delete_of("c");
  made.object.uid = "new-uid-c";
  try {
    (void)executor.run(one(made));
  } catch (const Error&) {
    // The script's answer names another UID; here only the time counts.
  }
  EXPECT_GE(std::chrono::steady_clock::now() - created, std::chrono::milliseconds(250));
}

TEST_F(ExecutorTest, APlanWithNothingToDoOpensNoJournal) {
  ScriptedTransport transport(everything_works);
  kube::Client client(transport);
  Pages nothing(0, 0);
  Executor executor(client, silent_, options());
  (void)executor.run(nothing);
  EXPECT_TRUE(executor.journal_path().empty());
}

TEST_F(ExecutorTest, PagesArePatchedWhileLaterPagesArrive) {
  ScriptedTransport transport(everything_works);
  kube::Client client(transport);
  Pages pages(3, 10);
  Executor executor(client, silent_, options());
  EXPECT_EQ(executor.run(pages).counts.done, 30U);
  const auto names = sent(transport);
  const auto last_read = std::ranges::find(names.rbegin(), names.rend(), "GET page");
  const auto first_patch = std::ranges::find(names, "PATCH p0");
  EXPECT_LT(first_patch - names.begin(), names.rend() - last_read - 1);
  EXPECT_LE(pages.most_known(), 10U);
}

TEST_F(ExecutorTest, TheNumberInFlightIsTheTransports) {
  ScriptedTransport transport(everything_works, 3);
  kube::Client client(transport);
  Pages pages(2, 20);
  Executor executor(client, silent_, options());
  (void)executor.run(pages);
  EXPECT_EQ(transport.most_in_flight(), 3U);
}

TEST_F(ExecutorTest, ASourceThatCouldNotGiveEverythingSaysSoAfterItsChangesAreDone) {
  ScriptedTransport transport(everything_works);
  kube::Client client(transport);
  Pages pages(1, 5);
  pages.fail();
  Executor executor(client, silent_, options());
  EXPECT_THROW((void)executor.run(pages), Error);
  EXPECT_EQ(journal_lines("outcome"), 5U);
}

TEST_F(ExecutorTest, AnInterruptStartsNothingMoreAndWaitsForWhatIsInFlight) {
  int answered = 0;
  ScriptedTransport transport(everything_works, 2);
  transport.after_each([&](const kube::Request&) { ++answered; });
  kube::Client client(transport);
  ExecutorOptions stopping = options();
  stopping.interrupted = [&] { return answered >= 3; };
  Plan plan;
  for (int i = 0; i < 10; ++i) plan.changes.push_back(patch_of("p" + std::to_string(i)));
  Executor executor(client, silent_, stopping);
  try {
    (void)executor.run(plan);
    FAIL() << "it went on";
  } catch (const Interrupted& interrupted) {
    EXPECT_THAT(interrupted.what(), HasSubstr("stopped before all"));
  }
  EXPECT_EQ(executor.counts().not_sent, 6U);
  EXPECT_EQ(transport.requests().size(), 4U);
  EXPECT_EQ(journal_lines("outcome"), 10U) << "of those that were not sent too: the journal is complete";
}

// The rest of the pages is not read any more; how much that would have been, the source has said.
TEST_F(ExecutorTest, WhatWasExpectedOfASourceIsLeftWhereTheRunStops) {
  bool answered = false;
  ScriptedTransport transport(everything_works, 1);
  transport.after_each([&](const kube::Request& request) { answered = request.method == Method::patch; });
  kube::Client client(transport);
  ExecutorOptions stopping = options();
  stopping.interrupted = [&] { return answered; };
  Executor executor(client, silent_, stopping);
  Pages pages(3, 5);
  EXPECT_THROW((void)executor.run(pages), Interrupted);

  EXPECT_EQ(executor.counts().done, 1U);
  EXPECT_EQ(executor.counts_with_rest().not_sent, 14U);
}

// A run of several plans, of which the second was not reached.
TEST_F(ExecutorTest, WhatOfTheConfirmedPlanWasNotBegunIsLeftInTheJournalToo) {
  bool answered = false;
  ScriptedTransport transport(everything_works, 1);
  transport.after_each([&](const kube::Request&) { answered = true; });
  kube::Client client(transport);
  ExecutorOptions stopping = options();
  stopping.interrupted = [&] { return answered; };
  Plan all;
  for (const char* name : {"a", "b", "c", "d", "e"}) all.changes.push_back(patch_of(name));
  Executor executor(client, silent_, stopping);
  executor.confirm(all);
  EXPECT_THROW((void)executor.run({.changes = {all.changes[0], all.changes[1]}}), Interrupted);
  EXPECT_EQ(executor.counts().not_sent, 1U);
  EXPECT_EQ(executor.counts_with_rest().not_sent, 4U);
  executor.end(RunEnd::interrupted);

  const RunRecord run = read_journal(executor.journal_path());
  EXPECT_EQ(run.entries.size(), 2U);
  EXPECT_EQ(run.left, 3U);
}

// Of a disk that fills up between two groups.
TEST_F(ExecutorTest, WhatTheJournalCouldNotTakeIsLeft) {
  ScriptedTransport transport(everything_works, 1);
  kube::Client client(transport);
  Plan all;
  for (int i = 0; i < 200; ++i) all.changes.push_back(patch_of("object-" + std::to_string(i)));
  Executor executor(client, silent_, options());
  std::unique_ptr<test::FullDisk> full;
  transport.after_each([&](const kube::Request&) {
    constexpr std::size_t kRoomForOutcomes = 30'000;
    if (!full)
      full = std::make_unique<test::FullDisk>(std::filesystem::file_size(executor.journal_path()) +
                                              kRoomForOutcomes);
  });
  EXPECT_THROW((void)executor.run(all), Error);
  full.reset();
  executor.end(RunEnd::failed);

  const RunRecord run = read_journal(executor.journal_path());
  EXPECT_EQ(run.entries.size() + run.left, 200U);
  EXPECT_GT(run.left, 0U);
  EXPECT_GT(executor.counts().done, 0U);
}

TEST_F(ExecutorTest, AnInterruptThatFindsEverythingDoneLeavesNothingUndone) {
  bool answered = false;
  ScriptedTransport transport(everything_works, 2);
  transport.after_each([&](const kube::Request&) { answered = true; });
  kube::Client client(transport);
  ExecutorOptions stopping = options();
  stopping.interrupted = [&] { return answered; };
  Executor executor(client, silent_, stopping);
  Plan plan;
  plan.changes.push_back(patch_of("p1"));
  EXPECT_EQ(executor.run(plan).counts.done, 1U);
}

TEST_F(ExecutorTest, StreamsOnlyWhereNobodyIsToBeAsked) {
  ScriptedTransport transport(everything_works);
  kube::Client client(transport);
  EXPECT_TRUE(Executor(client, silent_, options()).may_stream());
  ExecutorOptions asking = options();
  asking.confirm = [](const Plan&) { return true; };
  Executor executor(client, silent_, asking);
  EXPECT_FALSE(executor.may_stream());
  Plan plan;
  plan.changes = {patch_of("a")};
  executor.confirm(plan);
  EXPECT_TRUE(executor.may_stream());
  ExecutorOptions dry = options();
  dry.dry_run = kube::DryRun::server;
  EXPECT_FALSE(Executor(client, silent_, dry).may_stream());
}

}  // namespace
}  // namespace kots_export::change
