#include "apiserver/unit/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kots_export::apiserver {
namespace {

constexpr const char* kSeed = R"yaml(
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: default}
stringData: {password: "p@ss w0rd'\"&%+#"}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: default
  annotations:
    apiserver.test/image-env: '{"FROM_IMAGE": "two\nlines", "OVERRIDDEN": "image"}'
    apiserver.test/logs: "one\ntwo\nthree\n"
spec:
  containers:
    - name: main
      image: web:1
      env:
        - {name: HOST, value: db.example.com}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
        - {name: URL, value: "$(HOST)/$(PASSWORD)/$(UNKNOWN)/$$(HOST)"
}
        - {name: OVERRIDDEN, value: spec}
)yaml";

class PodStreams : public testing::Test {
 protected:
  PodStreams() : server(options()), client(server) {}

  static ApiServerOptions options() {
    ApiServerOptions result;
    result.seed = kSeed;
    result.http = true;
    return result;
  }

  [[nodiscard]] std::string log(const std::string& query) const {
    return client.get(std::string(kPods) + "/web/log" + query).body;
  }

  // What an exec said on each channel; `head` is the handshake's answer.
  struct Exec {
    std::string head;
    std::string out;
    std::string err;
    Json status;
  };

  [[nodiscard]] Exec exec(const std::string& query, const std::string& protocol = "v4.channel.k8s.io") const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string request =
        "GET " + std::string(kPods) + "/web/exec?stdout=1&stderr=1&" + query +
        " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + server.admin_token() +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " +
        protocol + "\r\n\r\n";
    EXPECT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    ::shutdown(fd, SHUT_WR);
    std::string answer;
    std::array<char, 4096> block{};
    for (ssize_t count = 0; (count = ::recv(fd, block.data(), block.size(), 0)) > 0;) {
      answer.append(block.data(), static_cast<std::size_t>(count));
    }
    ::close(fd);
    return parse(answer);
  }

 private:
  static Exec parse(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    Exec result;
    result.head = answer.substr(0, end);
    for (std::size_t at = end + 4; at + 2 <= answer.size();) {
      const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(answer[i]); };
      const int opcode = byte(at) & 0x0f;
      std::size_t size = byte(at + 1) & 0x7fU;
      at += 2;
      if (size == 126) {
        size = byte(at) * 256U + byte(at + 1);
        at += 2;
      }
      const std::string data = answer.substr(at, size);
      at += size;
      if (opcode != 2 || data.empty()) continue;
      if (data[0] == 1) result.out += data.substr(1);
      if (data[0] == 2) result.err += data.substr(1);
      if (data[0] == 3) result.status = Json::parse(data.substr(1));
    }
    return result;
  }

 protected:
  ApiServer server;
  Client client;
};

TEST_F(PodStreams, LogHonoursTailAndTimestamps) {
  EXPECT_EQ(log(""), "one\ntwo\nthree\n");
  EXPECT_EQ(log("?tailLines=1"), "three\n");
  EXPECT_EQ(log("?container=main&tailLines=0"), "");
  EXPECT_NE(log("?timestamps=true").find("Z one\n"), std::string::npos);
  EXPECT_EQ(client.get(std::string(kPods) + "/web/log?container=other").status, 400);
}

TEST_F(PodStreams, AnnotationsForTheTestServerNeverShow) {
  EXPECT_EQ(client.get(std::string(kPods) + "/web").body.find("apiserver.test"), std::string::npos);
}

TEST_F(PodStreams, FollowedLogOfAJobComesLineByLineUntilItEnds) {
  server.seed(
      R"json({"apiVersion":"testing/v1","kind":"JobBehaviour","name":"talk","lines":["to $(DB)","bye"],"delay":10})json");
  Json object = job("talk");
  object["spec"]["template"]["spec"]["containers"][0]["env"] =
      Json::array({{{"name", "DB"}, {"value", "pg"}}});
  ASSERT_EQ(client.post(kJobs, object).status, 201);
  std::string path;
  ASSERT_TRUE(server.wait_until([&] {
    for (const Json& pod : server.list("Pod", "default")) {
      if (pod["metadata"].contains("labels") && pod["status"]["phase"] != "Pending") {
        path = std::string(kPods) + '/' + pod["metadata"]["name"].get<std::string>() + "/log?follow=true";
        return true;
      }
    }
    return false;
  }));
  EXPECT_EQ(client.get(path).body, "to pg\nbye\n");
}

TEST_F(PodStreams, LogOfAWaitingContainerIs400) {
  server.seed(R"({"apiVersion":"testing/v1","kind":"JobBehaviour","name":"slow","startDelay":60000})");
  ASSERT_EQ(client.post(kJobs, job("slow")).status, 201);
  std::string name;
  ASSERT_TRUE(server.wait_until([&] {
    for (const Json& pod : server.list("Pod", "default")) {
      if (pod["status"].contains("containerStatuses") && pod["status"]["phase"] == "Pending")
        name = pod["metadata"]["name"];
    }
    return !name.empty();
  }));
  const Reply reply = client.get(std::string(kPods) + '/' + name + "/log");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.json()["message"],
            "container \"main\" in pod \"" + name + "\" is waiting to start: ContainerCreating");
}

TEST_F(PodStreams, ExecPrintsTheResolvedEnvironment) {
  const Exec result =
      exec("command=printenv&command=PASSWORD&command=URL&command=FROM_IMAGE&command=OVERRIDDEN");
  EXPECT_NE(result.head.find("101 Switching Protocols"), std::string::npos);
  EXPECT_NE(result.head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  EXPECT_EQ(result.out,
            "p@ss w0rd'\"&%+#\ndb.example.com/p@ss w0rd'\"&%+#/$(UNKNOWN)/$(HOST)\ntwo\nlines\nspec\n");
  EXPECT_EQ(result.status["status"], "Success");
}

TEST_F(PodStreams, RunningContainerKeepsTheEnvironmentItWasStartedWith) {
  ASSERT_TRUE(server.remove("Secret", "default", "db"));
  EXPECT_EQ(exec("command=printenv&command=PASSWORD").out, "p@ss w0rd'\"&%+#\n");
}

TEST_F(PodStreams, ExecSeparatesVariablesWithNulWhereAsked) {
  const std::string out = exec("command=printenv&command=-0").out;
  EXPECT_NE(out.find(std::string("FROM_IMAGE=two\nlines\0", 21)), std::string::npos);
}

TEST_F(PodStreams, ExecReportsExitCodes) {
  const Exec missing = exec("command=printenv&command=NOT_THERE");
  EXPECT_EQ(missing.status["reason"], "NonZeroExitCode");
  EXPECT_EQ(missing.status["details"]["causes"][0], Json({{"reason", "ExitCode"}, {"message", "1"}}));
  const Exec shell = exec("command=sh&command=-c&command=nosuch");
  EXPECT_EQ(shell.status["details"]["causes"][0]["message"], "127");
  EXPECT_EQ(shell.err, "sh: nosuch: not found\n");
}

TEST_F(PodStreams, ExecOfWhatTheContainerDoesNotHaveFailsWithoutAnExitCode) {
  const Exec missing = exec("command=nosuch");
  EXPECT_EQ(missing.status["reason"], "InternalError");
  EXPECT_NE(missing.status["message"].get<std::string>().find("executable file not found"),
            std::string::npos);
}

TEST_F(PodStreams, ExecRefusesProtocolsOfLaterVersions) {
  EXPECT_NE(exec("command=env", "v5.channel.k8s.io").head.find("403"), std::string::npos);
}

}  // namespace
}  // namespace kots_export::apiserver
