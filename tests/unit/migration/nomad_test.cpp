#include <kots_export/migration/nomad.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/values/yaml.h>

#include "apiserver/certificates.h"
#include "unit/support/problem.h"
#include "unit/support/temporary_folder.h"

#include <ctime>
#include <functional>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::migration {

namespace {

using apiserver::issue;
using apiserver::KeyPair;
using apiserver::make_authority;
using nlohmann::json;
using test::problem_and_hint;
using test::TemporaryFolder;
using test::write_bytes;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

json output(const std::string& value) { return {{"sensitive", false}, {"type", "string"}, {"value", value}}; }

class Nomad : public ::testing::Test {
 protected:
  static NomadCertificates taken(const json& outputs) {
    return certificates_of_terraform(Secret<std::string>(outputs.dump()), "out.json");
  }
  static std::string refusal(const json& outputs) {
    return problem_and_hint([&] { (void)taken(outputs); });
  }
  // As a module's outputs are.
  json module_of(const KeyPair& own) const {
    return {{"nomad_server_cert", own.certificate_pem},
            {"nomad_server_key", own.key_pem},
            {"nomad_tls_ca", authority_.certificate_pem},
            {"nomad_sg_id", "sg-1"},
            {"nomad_role", nullptr}};
  }
  json top_of(const KeyPair& own) const {
    json top = json::object();
    const json module = module_of(own);
    for (const auto& [name, value] : module.items()) {
      if (value.is_string()) top[name] = output(value.get<std::string>());
    }
    return top;
  }
  NomadCertificates of(const KeyPair& own, const std::string& authority_pem) const {
    return {.certificate = util::base64_encode(own.certificate_pem),
            .private_key = Secret<std::string>(util::base64_encode(own.key_pem)),
            .authority = util::base64_encode(authority_pem)};
  }
  void expect_own(const NomadCertificates& taken) const {
    EXPECT_EQ(taken.certificate, util::base64_encode(own_.certificate_pem));
    EXPECT_EQ(taken.private_key.reveal(), util::base64_encode(own_.key_pem));
    EXPECT_EQ(taken.authority, util::base64_encode(authority_.certificate_pem));
  }

  KeyPair authority_ = make_authority("ca");
  KeyPair own_ = issue(authority_, {.common_name = "x", .dns_names = {"server.global.nomad"}});
  KeyPair other_ = issue(authority_, {.common_name = "y"});
};

TEST_F(Nomad, TakesTheOutputsAtTheTop) { expect_own(taken(top_of(own_))); }

TEST_F(Nomad, TakesTheOutputsOfAModule) {
  const json nested{{"nomad_module", {{"type", "object"}, {"value", module_of(own_)}}},
                    {"other", output("x")}};
  expect_own(taken(nested));
  expect_own(taken({{"all", {{"type", "object"}, {"value", {{"nomad", module_of(own_)}}}}}}));
}

TEST_F(Nomad, TakesTheTwinsInBase64) {
  json twins = json::object();
  for (const char* name : {"nomad_server_cert", "nomad_server_key", "nomad_tls_ca"})
    twins[std::string(name) + "_base64"] =
        output(util::base64_encode(module_of(own_)[name].get<std::string>()));
  expect_own(taken(twins));
  // Both, as the module has them.
  twins.update(top_of(own_));
  expect_own(taken(twins));
}

TEST_F(Nomad, NamesTwoSetsThatDiffer) {
  json both = top_of(own_);
  both["nomad_west"] = {{"type", "object"}, {"value", module_of(other_)}};
  EXPECT_THAT(refusal(both), AllOf(HasSubstr("out.json has two different sets"),
                                   HasSubstr("output nomad_server_cert is another than output "
                                             "nomad_west.nomad_server_cert"),
                                   HasSubstr("three PEM files")));
  json twin = top_of(own_);
  twin["nomad_server_key_base64"] = output(util::base64_encode(other_.key_pem));
  EXPECT_THAT(refusal(twin), HasSubstr("nomad_server_key is another than output nomad_server_key_base64"));
}

TEST_F(Nomad, TakesOtherLineEndsForNoDifference) {
  json both = top_of(own_);
  std::string returned = own_.certificate_pem;
  for (auto at = returned.find('\n'); at != std::string::npos; at = returned.find('\n', at + 2))
    returned.insert(at, "\r");
  both["nomad_server_cert_base64"] = output(util::base64_encode(returned));
  expect_own(taken(both));
}

TEST_F(Nomad, SaysThatAModuleWithCountGivesAList) {
  const json list{{"nomad", {{"type", "tuple"}, {"value", {module_of(own_)}}}}};
  EXPECT_THAT(refusal(list),
              AllOf(HasSubstr("only inside of a list, output nomad"), HasSubstr("module.nomad[0]")));
  const json lists{{"nomad", {{"type", "tuple"}, {"value", json::array({json::array({module_of(own_)})})}}}};
  EXPECT_THAT(refusal(lists), HasSubstr("only inside of a list, output nomad"));
  const json inner = json::array({{{"nomad", module_of(own_)}}});
  EXPECT_THAT(refusal({{"stacks", {{"type", "tuple"}, {"value", inner}}}}),
              HasSubstr("only inside of a list, output stacks"));
  json texts = top_of(own_);
  for (json& one : texts) one["value"] = json::array({one["value"]});
  EXPECT_THAT(refusal(texts), HasSubstr("only inside of a list, output nomad_"));
  EXPECT_THAT(refusal({{"subnets", {{"type", "tuple"}, {"value", {{{"id", "a"}}}}}}}),
              HasSubstr("has no output"));
}

TEST_F(Nomad, SaysWhatIsMissing) {
  json some = top_of(own_);
  some.erase("nomad_tls_ca");
  EXPECT_THAT(refusal(some),
              AllOf(HasSubstr("out.json has no output nomad_tls_ca"), HasSubstr("terraform output -json")));
  some["nomad_tls_ca"] = output("");  // without mTLS
  EXPECT_THAT(refusal(some), HasSubstr("no output nomad_tls_ca"));
  EXPECT_THAT(refusal(json::object()), HasSubstr("no output nomad_server_cert"));
  some["nomad_tls_ca_base64"] = output("%");
  EXPECT_THAT(refusal(some), HasSubstr("nomad_tls_ca_base64 in out.json is not base64"));
}

TEST_F(Nomad, SaysWhatIsNoOutputOfTerraform) {
  const auto of_text = [](const std::string& text) {
    return problem_and_hint([&] { (void)certificates_of_terraform(Secret<std::string>(text), "out.json"); });
  };
  EXPECT_THAT(of_text(""), HasSubstr("it is not JSON"));
  EXPECT_THAT(of_text("nomad_server_cert = <<EOT"), AllOf(HasSubstr("it is not JSON"), HasSubstr("-json")));
  EXPECT_THAT(of_text("{\"a\": \"\xFF\"}"), HasSubstr("it is not JSON"));
  EXPECT_THAT(of_text("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(of_text(std::string("\xff\xfe{\0}\0", 6)), HasSubstr("UTF-16"));
  // Deeper than any module; and the key is in no error.
  std::string deep = top_of(own_).dump();
  for (int i = 0; i < 20000; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_THAT(of_text(deep), AllOf(HasSubstr("no output nomad_server_cert"), Not(HasSubstr("BEGIN"))));
}

TEST_F(Nomad, ReadsThreeFiles) {
  const TemporaryFolder folder;
  write_bytes(folder / "cert", own_.certificate_pem);
  write_bytes(folder / "key", own_.key_pem);
  write_bytes(folder / "ca", authority_.certificate_pem);
  const NomadFiles files{
      .certificate = folder / "cert", .private_key = folder / "key", .authority = folder / "ca"};
  expect_own(read_certificates(files));

  write_bytes(folder / "ca", "");
  EXPECT_THAT(problem_and_hint([&] { (void)read_certificates(files); }), HasSubstr("ca is empty"));
}

TEST_F(Nomad, AcceptsWhatBelongsTogetherAndIsValid) {
  const std::time_t now = std::time(nullptr);
  EXPECT_EQ(problem_and_hint([&] { require_right(of(own_, authority_.certificate_pem), now); }), "");
  const auto refusal_of = [&](const NomadCertificates& certificates, std::time_t time) {
    return problem_and_hint([&] { require_right(certificates, time); });
  };
  EXPECT_THAT(refusal_of(of(own_, make_authority("b").certificate_pem), now),
              HasSubstr("nomad.server.rpc.mTLS.certificate: was not issued by"));
  KeyPair mixed = own_;
  mixed.key_pem = other_.key_pem;
  EXPECT_THAT(refusal_of(of(mixed, authority_.certificate_pem), now), HasSubstr("is not the key of"));
  EXPECT_THAT(refusal_of(of(own_, "text"), now), HasSubstr("CACertificate: is not base64 of PEM"));
  constexpr std::time_t kYears = std::time_t{20} * 365 * 24 * 60 * 60;
  EXPECT_THAT(refusal_of(of(own_, authority_.certificate_pem), now + kYears), HasSubstr("expired on"));
  EXPECT_THAT(refusal_of(of(own_, authority_.certificate_pem), now - kYears), HasSubstr("valid only from"));
}

TEST_F(Nomad, KnowsTheNameOfItsServer) {
  EXPECT_TRUE(has_nomads_name(of(own_, "")));
  EXPECT_FALSE(has_nomads_name(of(other_, "")));
}

TEST_F(Nomad, SetsAllFourValues) {
  const NomadCertificates certificates = of(own_, authority_.certificate_pem);
  const auto edited = [&](const std::string& yaml) {
    return with_certificates(yaml, "v.yaml", certificates).reveal();
  };
  for (const char* yaml :
       {"global: {domainName: ci.example.com}\n", "nomad:\n  replicas: 1 # one\n",
        "nomad:\n  server:\n    rpc: {}\n", "nomad:\n  server:\n    rpc:\n      mTLS: null"}) {
    SCOPED_TRACE(yaml);
    const values::Value after = values::parse_yaml(edited(yaml), "after");
    const values::Path mtls{"nomad", "server", "rpc", "mTLS"};
    const values::Value wanted = values::parse_yaml(values_of(certificates).reveal(), "wanted");
    ASSERT_NE(values::find(after, mtls), nullptr);
    EXPECT_TRUE(*values::find(after, mtls) == *values::find(wanted, mtls));
  }
  const std::string once =
      edited("# mine\nnomad:\n  server:\n    rpc:\n      mTLS:\n        enabled: false # why\n");
  EXPECT_THAT(once,
              HasSubstr("# mine\nnomad:\n  server:\n    rpc:\n      mTLS:\n        enabled: true # why\n"));
  EXPECT_EQ(edited(once), once);
}

TEST_F(Nomad, TakesNoValuesOf3x) {
  EXPECT_THAT(problem_and_hint(
                  [&] { (void)with_certificates("domainName: ci.example.com\n", "v.yaml", of(own_, "")); }),
              AllOf(HasSubstr("v.yaml is a values file of 3.x"), HasSubstr("transform")));
}

}  // namespace

}  // namespace kots_export::migration
