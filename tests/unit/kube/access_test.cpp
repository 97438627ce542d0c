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

TEST(IsAllowed, IsNoWhereTheServerCannotBeAsked) {
  for (const test::Answer& answer :
       {test::Answer(test::status_reply(403, "Forbidden")), test::Answer(test::reset()),
        test::Answer(test::text_reply(201, "no json"))}) {
    test::ScriptedTransport server;
    server.add({.method = Method::post, .path = "", .answer = answer});
    Client client(server, test::kQuickRetries);
    EXPECT_FALSE(is_allowed(client, "patch", kVolume));
  }
}

}  // namespace

}  // namespace kots_export::kube
