#include <kots_export/kube/access.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/scripted_transport.h"

#include <gtest/gtest.h>

namespace kots_export::kube {

namespace {

const ObjectRef kVolume{.gvr = {"", "v1", "persistentvolumes"},
                        .kind = "PersistentVolume",
                        .ns = {},
                        .name = "pv",
                        .uid = {},
                        .resource_version = {}};

TEST(IsAllowed, AsksTheServerAndChangesNothing) {
  apiserver::ApiServer server;
  server.deny("jane patch persistentvolumes");
  test::ApiConnection admin(server);
  test::ApiConnection jane(server, {}, {.as = "jane"});

  EXPECT_TRUE(is_allowed(admin.client, "patch", kVolume));
  EXPECT_TRUE(is_allowed(jane.client, "get", kVolume));
  EXPECT_FALSE(is_allowed(jane.client, "patch", kVolume));
  EXPECT_EQ(server.count_writes(), 0U);
}

TEST(IsAllowed, IsNoWhereNobodyMayAsk) {
  test::ScriptedTransport server;
  server.add({.method = Method::post, .path = "", .answer = test::status_reply(403, "Forbidden")});
  Client client(server, test::kQuickRetries);
  EXPECT_FALSE(is_allowed(client, "patch", kVolume));
}

// "Nobody knows" is not "no": what would be left undone for it would be left in silence.
TEST(IsAllowed, IsAskedAgainWhereThereWasNoAnswerAndNeverGuessed) {
  for (const test::Answer& answer :
       {test::Answer(test::reset()), test::Answer(test::text_reply(201, "no json")),
        test::Answer(test::status_reply(500, "InternalError"))}) {
    test::ScriptedTransport server;
    server.add({.method = Method::post, .path = "", .answer = answer});
    Client client(server, test::kQuickRetries);
    EXPECT_THROW((void)is_allowed(client, "patch", kVolume), Error);
    EXPECT_EQ(server.count(Method::post), 5U);
  }
}

}  // namespace

}  // namespace kots_export::kube
