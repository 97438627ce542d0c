#include "apiserver/certificates.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/time.h>

#include "unit/values/good_values.h"

#include <gmock/gmock.h>

namespace kots_export::values {

namespace {

using apiserver::issue;
using apiserver::KeyPair;
using apiserver::make_authority;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::time_t kDay = 24 * 60 * 60;

std::string day_of(std::time_t time) { return util::utc_text(time, "%Y-%m-%d"); }

class Certificates : public ::testing::Test {
 protected:
  static std::string tls(const std::string& certificate_pem, const std::string& key_pem) {
    return kGood + "tls: {certificate: " + util::base64_encode(certificate_pem) +
           ", privateKey: " + util::base64_encode(key_pem) + "}\n";
  }
  static std::string nomad(const std::string& authority_pem, const KeyPair& own) {
    return with(
        "nomad",
        "nomad: {server: {gossip: {encryption: {key: k}}, rpc: {mTLS: {enabled: true, CACertificate: " +
            util::base64_encode(authority_pem) +
            ", certificate: " + util::base64_encode(own.certificate_pem) +
            ", privateKey: " + util::base64_encode(own.key_pem) + "}}}}");
  }
  std::vector<std::string> found(const std::string& yaml, std::time_t later = 0) const {
    return findings(yaml, Target::v4_0, now_ + later);
  }

  std::time_t now_ = std::time(nullptr);
  KeyPair authority_ = make_authority("ca");
  KeyPair own_ =
      issue(authority_,
            {.common_name = "x", .dns_names = {"ci.example.com", "*.ci.example.com", "server.global.nomad"}});
  KeyPair nomads_ = issue(authority_, {.common_name = "x", .dns_names = {"server.global.nomad"}});
  KeyPair other_ =
      issue(make_authority("another"), {.common_name = "y", .dns_names = {"server.global.nomad"}});
};

TEST_F(Certificates, ThatAreRightAreNotMentioned) {
  EXPECT_THAT(found(tls(own_.certificate_pem + authority_.certificate_pem, own_.key_pem)), IsEmpty());
  EXPECT_THAT(found(nomad(authority_.certificate_pem, nomads_)), IsEmpty());
}

TEST_F(Certificates, OfTlsMayBeMissingTogether) {
  EXPECT_THAT(found(kGood + "tls: {privateKey: ''}\n"), IsEmpty());
  EXPECT_THAT(found(kGood + "tls: {certificate: " + util::base64_encode(own_.certificate_pem) + "}\n"),
              ElementsAre(HasSubstr(
                  "error: tls: has a certificate, but no privateKey: give both or none [tls-pair]")));
  EXPECT_THAT(found(kGood + "tls: {privateKey: " + util::base64_encode(own_.key_pem) + "}\n"),
              ElementsAre(HasSubstr("error: tls: has a privateKey, but no certificate")));
}

TEST_F(Certificates, AreBase64OfPem) {
  const auto with_certificate = [](const std::string& text) {
    return kGood + "tls: {privateKey: '" + text + "', certificate: '" + text + "'}\n";
  };
  EXPECT_THAT(found(with_certificate("-----BEGIN CERTIFICATE-----")),
              Contains(HasSubstr("is PEM; the chart wants base64 of it")));
  EXPECT_THAT(found(with_certificate("%%%")), ElementsAre(HasSubstr("tls.certificate: is not base64 of PEM"),
                                                          HasSubstr("tls.privateKey: is not base64 of PEM")));
  EXPECT_THAT(found(tls(own_.key_pem, own_.certificate_pem)),
              ElementsAre(HasSubstr("tls.certificate: is base64 of PEM, but holds no CERTIFICATE"),
                          HasSubstr("tls.privateKey: is base64 of PEM, but holds no PRIVATE KEY")));
}

TEST_F(Certificates, SayWhatTheyAreInsteadOfBase64OfPem) {
  const auto found_of = [&](const std::string& certificate) {
    return found(kGood + "tls: {privateKey: " + util::base64_encode(own_.key_pem) + ", certificate: '" +
                 certificate + "'}\n");
  };
  const std::string base64 = util::base64_encode(own_.certificate_pem);
  std::string lines = own_.certificate_pem;
  lines = lines.substr(lines.find('\n') + 1);
  lines = lines.substr(0, lines.find("-----END"));

  EXPECT_THAT(found_of(util::base64_encode(base64)),
              ElementsAre(HasSubstr("tls.certificate: is base64 of base64 of PEM")));
  EXPECT_THAT(found_of(util::base64_encode(util::base64_decode(lines).value())),
              ElementsAre(HasSubstr("tls.certificate: is base64 of DER")));
  EXPECT_THAT(found_of(base64.substr(0, 76) + " " + base64.substr(76)),
              ElementsAre(HasSubstr("tls.certificate: is base64 with blanks in it")));
  EXPECT_THAT(
      found_of(util::base64_encode("\xEF\xBB\xBF" + own_.certificate_pem)),
      ElementsAre(HasSubstr("tls.certificate: is base64 of PEM with something before its first BEGIN")));
  EXPECT_THAT(found_of(util::base64_encode("subject=x\n" + own_.certificate_pem)), IsEmpty());
  EXPECT_THAT(found_of(util::base64_encode("hunter2")),
              ElementsAre(HasSubstr("tls.certificate: is not base64 of PEM")));
}

TEST_F(Certificates, ThatAreNotInUseAreNotLookedAt) {
  const std::string mtls = "{CACertificate: x, certificate: " + util::base64_encode(own_.certificate_pem) +
                           ", privateKey: " + util::base64_encode(other_.key_pem) + ", enabled: ";
  const auto nomad_with = [&](const std::string& enabled) {
    return with("nomad",
                "nomad: {server: {gossip: {encryption: {key: k}}, rpc: {mTLS: " + mtls + enabled + "}}}}");
  };
  const std::string acm =
      "nginx: {aws_acm: {enabled: true}, annotations: "
      "{service.beta.kubernetes.io/aws-load-balancer-ssl-cert: a}}\n";

  EXPECT_THAT(found(nomad_with("false"), 400 * kDay), IsEmpty());
  EXPECT_THAT(found(nomad_with("true"), 400 * kDay), ::testing::SizeIs(3));
  EXPECT_THAT(found(tls(other_.certificate_pem, own_.key_pem) + acm, 400 * kDay), IsEmpty());
  EXPECT_THAT(found(kGood + "tls: {certificate: x}\n" + acm), IsEmpty());
}

TEST_F(Certificates, BehindTheFirstAreOnlyWarnedOf) {
  const KeyPair old = issue(authority_, {.common_name = "old", .validity = apiserver::Validity::expired});

  EXPECT_THAT(
      found(tls(own_.certificate_pem + old.certificate_pem, own_.key_pem)),
      ElementsAre(HasSubstr("warning: tls.certificate: holds one more certificate, which expired on ")));
  EXPECT_THAT(
      found(nomad(old.certificate_pem + authority_.certificate_pem, nomads_)),
      ElementsAre(HasSubstr("warning: nomad.server.rpc.mTLS.CACertificate: holds one more certificate")));
}

TEST_F(Certificates, ThatWereCutAnywhereAreFound) {
  const std::string whole = util::base64_encode(own_.certificate_pem);
  for (std::size_t size = 60; size + 4 < whole.size(); size += 40) {
    SCOPED_TRACE(size);
    EXPECT_THAT(found(kGood + "tls: {privateKey: " + util::base64_encode(own_.key_pem) + ", certificate: '" +
                      whole.substr(0, size / 4 * 4) + "'}\n"),
                Contains(HasSubstr("error: tls.certificate: is ")));
  }
}

TEST_F(Certificates, BelongToTheirKeys) {
  EXPECT_THAT(found(tls(own_.certificate_pem, other_.key_pem)),
              ElementsAre(HasSubstr("error: tls.privateKey: is not the key of tls.certificate")));
  EXPECT_THAT(found(nomad(authority_.certificate_pem, {own_.certificate_pem, other_.key_pem})),
              ElementsAre(HasSubstr("error: nomad.server.rpc.mTLS.privateKey: is not the key of")));
  EXPECT_THAT(
      found(tls(own_.certificate_pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
      ElementsAre(HasSubstr("tls.privateKey: is base64 of PEM, but what it holds is no private key")));
}

TEST_F(Certificates, LeadToTheAuthorityBesideThem) {
  EXPECT_THAT(found(nomad(authority_.certificate_pem, other_)),
              ElementsAre(HasSubstr("error: nomad.server.rpc.mTLS.certificate: was not issued by "
                                    "nomad.server.rpc.mTLS.CACertificate: unable to get")));
}

TEST_F(Certificates, LeadToAnAuthorityThatIsValid) {
  const KeyPair old = make_authority("old", apiserver::Validity::expired);
  const KeyPair of_old = issue(old, {.common_name = "x", .dns_names = {"server.global.nomad"}});

  EXPECT_THAT(found(nomad(old.certificate_pem + authority_.certificate_pem, of_old)),
              Contains(HasSubstr("error: nomad.server.rpc.mTLS.certificate: leads to "
                                 "nomad.server.rpc.mTLS.CACertificate by way of a certificate that is not "
                                 "valid: certificate has expired")));
}

TEST_F(Certificates, LeadToAnAuthorityThatIsOne) {
  EXPECT_THAT(
      found(nomad(own_.certificate_pem, own_)),
      ElementsAre(HasSubstr("error: nomad.server.rpc.mTLS.CACertificate: holds the certificate of no CA")));
}

TEST_F(Certificates, OfTlsAreForTheDomainAndAppBelowIt) {
  const KeyPair domain_only =
      issue(authority_, {.common_name = "ci.example.com", .dns_names = {"ci.example.com"}});
  const KeyPair nothing = issue(authority_, {.common_name = "ci.example.com"});

  EXPECT_THAT(found(tls(domain_only.certificate_pem, domain_only.key_pem)),
              ElementsAre(HasSubstr("warning: tls.certificate: is not for app.ci.example.com")));
  EXPECT_THAT(
      found(tls(nothing.certificate_pem, nothing.key_pem)),
      ElementsAre(HasSubstr("is not for ci.example.com"), HasSubstr("is not for app.ci.example.com")));
}

TEST_F(Certificates, OfNomadAreForItsServer) {
  EXPECT_THAT(
      found(nomad(authority_.certificate_pem, authority_)),  // all in one
      ElementsAre(HasSubstr("warning: nomad.server.rpc.mTLS.certificate: has no name server.global.nomad")));
}

TEST_F(Certificates, AreValid) {
  const std::string yaml = tls(own_.certificate_pem, own_.key_pem);
  const std::string last = day_of(now_ + 365 * kDay);

  EXPECT_THAT(found(yaml, 334 * kDay), IsEmpty());
  EXPECT_THAT(
      found(yaml, 336 * kDay),
      ElementsAre(HasSubstr("warning: tls.certificate: holds a certificate that expires on " + last)));
  EXPECT_THAT(found(yaml, 366 * kDay),
              ElementsAre(HasSubstr("error: tls.certificate: holds a certificate that expired on " + last)));
  EXPECT_THAT(found(yaml, -2 * kDay), ElementsAre(HasSubstr("valid only from " + day_of(now_ - kDay))));
  EXPECT_THAT(found(nomad(authority_.certificate_pem, nomads_), 366 * kDay),
              ElementsAre(HasSubstr("nomad.server.rpc.mTLS.CACertificate: holds a certificate that expired"),
                          HasSubstr("nomad.server.rpc.mTLS.certificate: holds a certificate that expired")));
}

TEST_F(Certificates, OfPostgresqlAreInASecret) {
  const auto postgresql = [](const std::string& tls) {
    return with("postgresql", "postgresql: {auth: {postgresPassword: p}, tls: " + tls + "}");
  };
  EXPECT_THAT(findings(postgresql("{enabled: false}")), IsEmpty());
  EXPECT_THAT(findings(postgresql("{enabled: true, autoGenerated: true}")), IsEmpty());
  EXPECT_THAT(
      findings(postgresql("{enabled: true, certificatesSecret: s, certFilename: c, certKeyFilename: k}")),
      IsEmpty());
  EXPECT_THAT(
      findings(postgresql("{enabled: true}")),
      ElementsAre(HasSubstr("error: postgresql.tls: is enabled: certificatesSecret must name a Secret")));
  EXPECT_THAT(findings(postgresql("{enabled: true, certificatesSecret: s}")),
              ElementsAre(HasSubstr("error: postgresql.tls.certFilename: is missing"),
                          HasSubstr("error: postgresql.tls.certKeyFilename: is missing")));
}

}  // namespace

}  // namespace kots_export::values
