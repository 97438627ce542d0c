// nomad: the certificates of a terraform in the values file.
#include <kots_export/util/base64.h>

#include "apiserver/certificates.h"
#include "cli/installation.h"

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Perms = std::filesystem::perms;

class Nomad : public ::testing::Test {
 protected:
  Nomad() {
    EXPECT_EQ(
        installation_
            .run({"transform", KOTS_EXPORT_TEST_DATA "/values-3.x.yaml", file_.string(), "--license", "x"})
            .exit_code,
        0);
    json outputs = json::object();
    for (const auto& [name, value] :
         {std::pair("nomad_server_cert", own_.certificate_pem), std::pair("nomad_server_key", own_.key_pem),
          std::pair("nomad_tls_ca", authority_.certificate_pem)})
      outputs[name] = {{"type", "string"}, {"value", value}};
    terraform_ = outputs.dump();
  }

  [[nodiscard]] Finished nomad(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"nomad", "--terraform-output", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return installation_.run(arguments, terraform_);
  }

  Installation installation_;
  std::filesystem::path file_ = installation_.folder / "output/helm-values.yaml";
  apiserver::KeyPair authority_ = apiserver::make_authority("ca");
  apiserver::KeyPair own_ =
      apiserver::issue(authority_, {.common_name = "x", .dns_names = {"server.global.nomad"}});
  std::string terraform_;
};

TEST_F(Nomad, EditsTheFileKeepsACopyAndShowsNoSecret) {
  write(file_, "# mine\r\n" + read(file_));
  const std::string before = read(file_);

  const Finished run = nomad({"-n", "ci"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  const std::string key = util::base64_encode(own_.key_pem);
  EXPECT_THAT(read(file_), AllOf(HasSubstr("# mine\r\n"), HasSubstr("\n        privateKey: " + key + "\n"),
                                 HasSubstr(util::base64_encode(authority_.certificate_pem))));
  EXPECT_EQ(read(file_.string() + ".1"), before);
  EXPECT_EQ(std::filesystem::status(file_.string() + ".1").permissions(),
            Perms::owner_read | Perms::owner_write);
  EXPECT_THAT(run.out, AllOf(HasSubstr("~ nomad.server.rpc.mTLS.privateKey: ***"),
                             HasSubstr("helm upgrade circleci-server -n ci "),
                             HasSubstr("server_endpoint = \"server.circleci.example.com:4647\""),
                             Not(HasSubstr(" --force")), Not(HasSubstr(key))));
  EXPECT_THAT(run.err, Not(HasSubstr(key)));
  EXPECT_TRUE(installation_.server.requests().empty());
}

TEST_F(Nomad, DoesNothingTheSecondTime) {
  ASSERT_EQ(nomad().exit_code, 0);
  const std::string once = read(file_);

  const Finished again = nomad();

  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("has these certificates already: unchanged"));
  EXPECT_EQ(read(file_), once);
  EXPECT_FALSE(std::filesystem::exists(file_.string() + ".2"));
}

TEST_F(Nomad, KeepsTheLinkThatLedToTheFile) {
  const auto link = installation_.folder / "link.yaml";
  std::filesystem::create_symlink(file_, link);

  EXPECT_EQ(nomad({link.string()}).exit_code, 0);

  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_THAT(read(file_), HasSubstr(util::base64_encode(own_.key_pem)));
}

TEST_F(Nomad, PrintsTheLinesWhereItCannotEdit) {
  write(file_, "nomad: {server: {rpc: {}}}\n");
  const std::string key = util::base64_encode(own_.key_pem);

  const Finished run = nomad();
  const Finished open = nomad({"--show-secrets"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.out, AllOf(HasSubstr("nomad:\n  server:\n    rpc:\n      mTLS:\n        enabled: true\n"),
                             HasSubstr("privateKey: '***'"), Not(HasSubstr(key))));
  EXPECT_THAT(run.err, AllOf(HasSubstr("nomad is written in brackets"), HasSubstr("--show-secrets")));
  EXPECT_EQ(open.exit_code, 1);
  EXPECT_THAT(open.out, HasSubstr("privateKey: " + key));
  EXPECT_EQ(read(file_), "nomad: {server: {rpc: {}}}\n");
}

TEST_F(Nomad, WarnsOfACertificateThatIsNotTheServers) {
  own_ = apiserver::issue(authority_, {.common_name = "client"});
  const auto in = [&](const char* name) { return (installation_.folder / name).string(); };
  write(in("s"), own_.certificate_pem);
  write(in("k"), own_.key_pem);
  write(in("c"), authority_.certificate_pem);

  const Finished run = installation_.run({"nomad", "--cert", in("s"), "--key", in("k"), "--ca", in("c")});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("warning: the certificate has no name server.global.nomad"));
}

TEST_F(Nomad, RefusesWhatMakesNoSense) {
  const std::string before = read(file_);
  const auto refusal = [&](std::vector<std::string> arguments, int exit_code) {
    const Finished run = installation_.run(std::move(arguments), terraform_);
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    return run.err;
  };
  EXPECT_THAT(refusal({"nomad"}, 2), HasSubstr("Give --terraform-output FILE, or all of"));
  EXPECT_THAT(refusal({"nomad", "--cert", "a", "--key", "b"}, 2), HasSubstr("all of --cert FILE"));
  EXPECT_THAT(refusal({"nomad", "--cert", "a", "--terraform-output", "-"}, 2), HasSubstr("one of two ways"));
  EXPECT_THAT(refusal({"nomad", "-", "--terraform-output", "-"}, 2), HasSubstr("edited in place"));
  EXPECT_THAT(refusal({"nomad", "none.yaml", "--terraform-output", "-"}, 1), HasSubstr("none.yaml"));
  EXPECT_THAT(refusal({"nomad", "--terraform-output", "none.json"}, 1), HasSubstr("none.json"));
  EXPECT_THAT(refusal({"nomad", KOTS_EXPORT_TEST_DATA "/values-3.x.yaml", "--terraform-output", "-"}, 1),
              HasSubstr("is a values file of 3.x"));
  EXPECT_EQ(read(file_), before);
}

TEST_F(Nomad, CountsAsAnEditForTheNextRun) {
  ASSERT_EQ(installation_.run(Installation::whole_run({"--overwrite-values"})).exit_code, 0);
  ASSERT_EQ(nomad().exit_code, 0);
  const std::string edited = read(file_);

  EXPECT_THAT(installation_.run(Installation::whole_run()).err, HasSubstr("was edited"));

  EXPECT_EQ(read(file_), edited);
}

}  // namespace

}  // namespace kots_export::test
