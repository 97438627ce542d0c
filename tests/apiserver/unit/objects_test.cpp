#include "apiserver/unit/client.h"

#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

// A server with one ConfigMap `a` and a client for it.
class Objects : public testing::Test {
 protected:
  Objects() : client(server) { EXPECT_EQ(client.post(kConfigMaps, config_map("a")).status, 201); }

  [[nodiscard]] static std::string path(const std::string& name) {
    return std::string(kConfigMaps) + '/' + name;
  }

  ApiServer server;
  Client client;
};

TEST_F(Objects, CreatedObjectHasServerFields) {
  const Json object = client.get(path("a")).json();
  EXPECT_EQ(object["apiVersion"], "v1");
  EXPECT_EQ(object["kind"], "ConfigMap");
  EXPECT_EQ(object["metadata"]["namespace"], "default");
  EXPECT_EQ(object["metadata"]["uid"].get<std::string>().size(), 36U);
  EXPECT_EQ(object["metadata"]["resourceVersion"], std::to_string(server.resource_version()));
  EXPECT_TRUE(object["metadata"].contains("creationTimestamp"));
  EXPECT_EQ(object["metadata"]["managedFields"][0]["operation"], "Update");
}

TEST_F(Objects, CreateTwiceConflictsAndNamesTheObject) {
  const Reply reply = client.post(kConfigMaps, config_map("a"));
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.json()["reason"], "AlreadyExists");
  EXPECT_EQ(reply.json()["message"], "configmaps \"a\" already exists");
}

TEST_F(Objects, MissingNamespaceAndObjectAre404) {
  EXPECT_EQ(client.post("/api/v1/namespaces/none/configmaps", config_map("x")).json()["message"],
            "namespaces \"none\" not found");
  const Json missing = client.get("/apis/apps/v1/namespaces/default/deployments/x").json();
  EXPECT_EQ(missing["message"], "deployments.apps \"x\" not found");
  EXPECT_EQ(missing["details"], Json({{"name", "x"}, {"group", "apps"}, {"kind", "deployments"}}));
}

TEST_F(Objects, GenerateNameAppendsFiveCharacters) {
  Json object = config_map("");
  object["metadata"] = {{"generateName", "made-"}};
  const std::string name = client.post(kConfigMaps, object).json()["metadata"]["name"];
  EXPECT_TRUE(name.starts_with("made-"));
  EXPECT_EQ(name.size(), 10U);
}

TEST_F(Objects, BadNamesLabelsAndTypesAreRefused) {
  EXPECT_EQ(client.post(kConfigMaps, config_map("Bad_Name")).status, 422);
  const Reply label = client.patch(path("a"), {{"metadata", {{"labels", {{"x", "a b"}}}}}});
  EXPECT_EQ(label.status, 422);
  EXPECT_EQ(label.json()["details"]["causes"][0]["field"], "metadata.labels");
  EXPECT_EQ(client.patch(path("a"), {{"metadata", {{"annotations", {{"x", 1}}}}}}).status, 400);
  EXPECT_EQ(client.post(kSecrets, {{"metadata", {{"name", "s"}}}, {"data", {{"k", "not base64!"}}}}).status,
            400);
}

TEST_F(Objects, MergePatchSetsAndRemoves) {
  const Reply set = client.patch(path("a"), {{"metadata", {{"labels", {{"x", "1"}, {"y", "2"}}}}}});
  EXPECT_EQ(set.json()["metadata"]["labels"], Json({{"x", "1"}, {"y", "2"}}));
  const Reply removed =
      client.patch(path("a"), {{"metadata", {{"labels", {{"x", nullptr}, {"y", nullptr}}}}}});
  EXPECT_FALSE(removed.json()["metadata"].contains("labels"));
  EXPECT_EQ(removed.json()["data"]["key"], "value");
}

TEST_F(Objects, PatchWithoutEffectKeepsTheResourceVersion) {
  ASSERT_EQ(client.patch(path("a"), {{"metadata", {{"labels", {{"x", "1"}}}}}}).status, 200);
  const auto before = server.resource_version();
  EXPECT_EQ(client.patch(path("a"), {{"metadata", {{"labels", {{"x", "1"}, {"none", nullptr}}}}}}).status,
            200);
  EXPECT_EQ(server.resource_version(), before);
}

TEST_F(Objects, PatchForAnotherUidIsInvalidSinceTheFieldIsImmutable) {
  const Reply other = client.patch(path("a"), {{"metadata", {{"uid", "other"}, {"labels", {{"x", "1"}}}}}});
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.json()["reason"], "Invalid");
  EXPECT_EQ(other.json()["message"],
            "ConfigMap \"a\" is invalid: metadata.uid: Invalid value: \"other\": field is immutable");
  EXPECT_EQ(other.json()["details"]["causes"][0],
            Json({{"reason", "FieldValueInvalid"},
                  {"message", "Invalid value: \"other\": field is immutable"},
                  {"field", "metadata.uid"}}));
  const Reply job_reply = client.post(kJobs, job("j"));
  ASSERT_EQ(job_reply.status, 201);
  EXPECT_EQ(client.patch(std::string(kJobs) + "/j", {{"metadata", {{"uid", "other"}}}}).json()["message"],
            "Job.batch \"j\" is invalid: metadata.uid: Invalid value: \"other\": field is immutable");
}

TEST_F(Objects, PatchForAnOldVersionConflictsEvenWithAnotherUid) {
  const std::string uid = client.get(path("a")).json()["metadata"]["uid"];
  EXPECT_EQ(client.patch(path("a"), {{"metadata", {{"uid", "other"}, {"resourceVersion", "1"}}}}).status,
            409);
  EXPECT_EQ(client.patch(path("a"), {{"metadata", {{"uid", uid}, {"labels", {{"x", "1"}}}}}}).status, 200);
  const Reply old =
      client.patch(path("a"), {{"metadata", {{"resourceVersion", "1"}, {"labels", {{"x", "2"}}}}}});
  EXPECT_EQ(old.status, 409);
  EXPECT_EQ(old.json()["reason"], "Conflict");
}

TEST_F(Objects, PutReplacesAndRefusesAnOldVersion) {
  Json object = client.get(path("a")).json();
  object["data"] = {{"other", "1"}};
  EXPECT_EQ(client.put(path("a"), object).json()["data"], Json({{"other", "1"}}));
  EXPECT_EQ(client.put(path("a"), object).status, 409);
  object["metadata"].erase("resourceVersion");
  object["metadata"]["uid"] = "other";
  const Reply other = client.put(path("a"), object);
  EXPECT_EQ(other.status, 409);
  EXPECT_NE(other.json()["message"].get<std::string>().find("UID in precondition: other"), std::string::npos);
  object["metadata"]["name"] = "b";
  EXPECT_EQ(client.put(path("a"), object).status, 400);
}

TEST_F(Objects, DryRunOfEveryVerbChangesNothing) {
  const auto before = server.resource_version();
  EXPECT_EQ(client.post(std::string(kConfigMaps) + "?dryRun=All", config_map("b")).status, 201);
  EXPECT_EQ(client.patch(path("a") + "?dryRun=All", {{"data", {{"key", "new"}}}}).json()["data"]["key"],
            "new");
  EXPECT_EQ(client.put(path("a") + "?dryRun=All", config_map("a")).status, 200);
  EXPECT_EQ(client.remove(path("a") + "?dryRun=All").status, 200);
  EXPECT_EQ(client.remove(path("a"), {{"dryRun", {"All"}}}).status, 200);
  EXPECT_EQ(client.patch(path("a") + "?dryRun=Some", Json::object()).status, 422);
  EXPECT_EQ(server.resource_version(), before);
  // The first create, and the value that was refused.
  EXPECT_EQ(server.count_writes(), 2U);
}

TEST_F(Objects, DeleteAnswersWithStatusAndHonoursPreconditions) {
  const Reply refused = client.remove(path("a"), {{"preconditions", {{"uid", "other"}}}});
  EXPECT_EQ(refused.status, 409);
  const std::string uid = client.get(path("a")).json()["metadata"]["uid"];
  EXPECT_EQ(refused.json()["message"],
            "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (other) does not "
            "match the UID in record (" +
                uid + "). The object might have been deleted and then recreated");
  EXPECT_EQ(client.remove(path("a"), {{"preconditions", {{"resourceVersion", "1"}}}}).status, 409);
  const Reply done = client.remove(path("a"), {{"preconditions", {{"uid", uid}}}});
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.json()["status"], "Success");
  EXPECT_EQ(done.json()["details"]["uid"], uid);
  EXPECT_EQ(client.remove(path("a")).status, 404);
}

TEST_F(Objects, FinalizersHoldAnObjectUntilTheyAreRemoved) {
  ASSERT_EQ(client.patch(path("a"), {{"metadata", {{"finalizers", {"example.com/x"}}}}}).status, 200);
  EXPECT_TRUE(client.remove(path("a")).json()["metadata"].contains("deletionTimestamp"));
  EXPECT_EQ(client.get(path("a")).status, 200);
  EXPECT_EQ(client.patch(path("a"), {{"metadata", {{"finalizers", nullptr}}}}).status, 200);
  EXPECT_EQ(client.get(path("a")).status, 404);
}

TEST_F(Objects, DeleteCollectionTakesWhatTheSelectorMatches) {
  Json labelled = config_map("b");
  labelled["metadata"]["labels"] = {{"gone", "yes"}};
  ASSERT_EQ(client.post(kConfigMaps, labelled).status, 201);
  EXPECT_EQ(client.remove(std::string(kConfigMaps) + "?labelSelector=gone%3Dyes").json()["items"].size(), 1U);
  EXPECT_EQ(client.get(path("a")).status, 200);
  EXPECT_EQ(client.get(path("b")).status, 404);
}

TEST_F(Objects, SecretsConvertStringDataAndKeepTheirType) {
  const Json created = client.post(kSecrets, secret("s")).json();
  EXPECT_EQ(created["data"]["key"], "dmFsdWU=");
  EXPECT_EQ(created["type"], "Opaque");
  EXPECT_FALSE(created.contains("stringData"));
  const Reply changed = client.patch(std::string(kSecrets) + "/s", {{"type", "other"}});
  EXPECT_EQ(changed.status, 422);
  EXPECT_NE(changed.json()["message"].get<std::string>().find("field is immutable"), std::string::npos);
}

TEST_F(Objects, JobTemplateIsImmutable) {
  ASSERT_EQ(client.post(kJobs, job("j")).status, 201);
  const Reply reply = client.patch(std::string(kJobs) + "/j",
                                   {{"spec", {{"template", {{"metadata", {{"labels", {{"x", "y"}}}}}}}}}});
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.json()["details"]["causes"][0]["field"], "spec.template");
  EXPECT_EQ(client.patch(std::string(kJobs) + "/j", {{"metadata", {{"labels", {{"x", "y"}}}}}}).status, 200);
}

TEST_F(Objects, PatchMediaTypesAreToldApart) {
  EXPECT_EQ(client.send("PATCH", path("a"), "{}", {"Content-Type: application/apply-patch+yaml"}).status,
            415);
  EXPECT_EQ(client.send("PATCH", path("a"), "{}", {"Content-Type: application/json-patch+json"}).status, 415);
  EXPECT_EQ(client
                .send("PATCH", path("a"), R"({"data":{"$retainKeys":["new"],"new":"1"}})",
                      {"Content-Type: application/strategic-merge-patch+json"})
                .json()["data"],
            Json({{"new", "1"}}));
}

TEST_F(Objects, ScaleAndGenerationFollowTheSpec) {
  const std::string deployments = "/apis/apps/v1/namespaces/default/deployments";
  Json object = {{"metadata", {{"name", "d"}}},
                 {"spec",
                  {{"selector", {{"matchLabels", {{"a", "b"}}}}},
                   {"template",
                    {{"metadata", {{"labels", {{"a", "b"}}}}}, {"spec", {{"containers", Json::array()}}}}}}}};
  ASSERT_EQ(client.post(deployments, object).json()["metadata"]["generation"], 1);
  EXPECT_EQ(client.patch(deployments + "/d/scale", {{"spec", {{"replicas", 0}}}}).json()["spec"]["replicas"],
            0);
  const Json after = client.patch(deployments + "/d", {{"metadata", {{"labels", {{"x", "y"}}}}}}).json();
  EXPECT_EQ(after["spec"]["replicas"], 0);
  EXPECT_EQ(after["metadata"]["generation"], 2);
}

TEST_F(Objects, StatusIsChangedOnlyThroughItsSubresource) {
  const std::string services = "/api/v1/namespaces/default/services";
  const Json status = {{"status", {{"loadBalancer", {{"ingress", Json::array({{{"hostname", "lb"}}})}}}}}};
  EXPECT_EQ(client.patch(services + "/kubernetes", status).json()["status"],
            Json({{"loadBalancer", Json::object()}}));
  EXPECT_EQ(client.patch(services + "/kubernetes/status", status).json()["status"], status["status"]);
}

TEST_F(Objects, BodiesOverThreeMebibytesAreRefused) {
  Json object = config_map("big");
  object["data"]["key"] = std::string(std::size_t{4} << 20, 'x');
  EXPECT_EQ(client.post(kConfigMaps, object).status, 413);
}

}  // namespace
}  // namespace kots_export::apiserver
