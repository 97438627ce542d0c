#include "apiserver/protobuf.h"

#include "apiserver/status.h"
#include "apiserver/unit/client.h"

#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

constexpr const char* kProtobuf = "Content-Type: application/vnd.kubernetes.protobuf";

// A length-delimited field; numbers and lengths stay below 128, so each is one byte.
std::string field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

std::string envelope(const std::string& kind, const std::string& object) {
  return std::string("k8s\0", 4) + field(1, field(1, "v1") + field(2, kind)) + field(2, object);
}

std::string map_entry(const std::string& key, const std::string& value) {
  return field(1, key) + field(2, value);
}

TEST(Protobuf, SecretIsCreatedAsHelmSendsIt) {
  const ApiServer server;
  const std::string metadata =
      field(1, "release") + field(2, "") + field(8, "") + field(11, map_entry("owner", "helm"));
  const std::string object =
      field(1, metadata) + field(2, map_entry("release", "raw\xff")) + field(3, "helm.sh/release.v1");
  const Reply reply = Client(server).send("POST", kSecrets, envelope("Secret", object), {kProtobuf});
  ASSERT_EQ(reply.status, 201);
  const Json secret = *server.get("Secret", "default", "release");
  EXPECT_EQ(secret["data"], Json({{"release", "cmF3/w=="}}));
  EXPECT_EQ(secret["type"], "helm.sh/release.v1");
  EXPECT_EQ(secret["metadata"]["labels"], Json({{"owner", "helm"}}));
}

TEST(Protobuf, DeleteOptionsKeepTheirMeaning) {
  const ApiServer server;
  const Client client(server);
  ASSERT_EQ(client.post(kSecrets, secret("s")).status, 201);
  const std::string options = envelope("DeleteOptions", field(2, field(1, "another-uid")));
  EXPECT_EQ(client.send("DELETE", std::string(kSecrets) + "/s", options, {kProtobuf}).status, 409);
}

TEST(Protobuf, UnknownKindsAndDamagedBodiesAreRefused) {
  const ApiServer server;
  const Client client(server);
  EXPECT_EQ(client.send("POST", kPods, envelope("Pod", ""), {kProtobuf}).status, 415);
  EXPECT_EQ(client.send("POST", kSecrets, "nonsense", {kProtobuf}).status, 400);
  std::string cut = envelope("Secret", field(1, field(1, "name")));
  cut.pop_back();
  EXPECT_EQ(client.send("POST", kSecrets, cut, {kProtobuf}).status, 400);
}

}  // namespace
}  // namespace kots_export::apiserver
