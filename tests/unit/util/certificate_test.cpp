#include <kots_export/util/certificate.h>

#include "apiserver/certificates.h"
#include "unit/support/temporary_folder.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

namespace kots_export::util {

namespace {

using apiserver::issue;
using apiserver::KeyPair;
using apiserver::make_authority;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

class CertificateTest : public ::testing::Test {
 protected:
  KeyPair authority_ = make_authority("ca");
  KeyPair own_ = issue(authority_, {.common_name = "jane",
                                    .organisations = {"ops", "ci"},
                                    .dns_names = {"ci.example.com", "*.ci.example.com"},
                                    .addresses = {"10.0.0.1"}});
  KeyPair other_ = issue(make_authority("another ca"), {.common_name = "joe"});
};

TEST_F(CertificateTest, TellsWhomItNamesAndWhenItIsValid) {
  const auto chain = certificates_in(own_.certificate_pem + "text between\n" + authority_.certificate_pem);

  ASSERT_THAT(chain, SizeIs(2));
  EXPECT_EQ(chain[0].common_name, "jane");
  EXPECT_THAT(chain[0].organizations, ElementsAre("ops", "ci"));
  EXPECT_EQ(chain[1].common_name, "ca");
  const std::time_t now = std::time(nullptr);
  constexpr std::time_t kDay = 24 * 60 * 60;
  EXPECT_NEAR(static_cast<double>(chain[0].not_before), static_cast<double>(now - kDay), 60);
  EXPECT_NEAR(static_cast<double>(chain[0].not_after), static_cast<double>(now + 365 * kDay), 60);
}

TEST_F(CertificateTest, IsNothingWhereOneCannotBeRead) {
  std::string broken = authority_.certificate_pem;
  broken.replace(broken.size() / 2, 1, "!");

  EXPECT_THAT(certificates_in(own_.certificate_pem + broken), IsEmpty());
  EXPECT_THAT(certificates_in(broken + own_.certificate_pem), IsEmpty());
  EXPECT_THAT(certificates_in(own_.certificate_pem.substr(0, own_.certificate_pem.size() / 2)), IsEmpty());
  EXPECT_THAT(certificates_in(own_.key_pem), IsEmpty());
  EXPECT_THAT(certificates_in(""), IsEmpty());
}

TEST_F(CertificateTest, KnowsItsKey) {
  EXPECT_TRUE(key_belongs(own_.key_pem, own_.certificate_pem + authority_.certificate_pem));
  EXPECT_FALSE(key_belongs(other_.key_pem, own_.certificate_pem));
  EXPECT_FALSE(key_belongs(own_.key_pem, authority_.certificate_pem + own_.certificate_pem));
  EXPECT_FALSE(key_belongs("", own_.certificate_pem));
}

TEST_F(CertificateTest, ReadsKeysWithoutAPassphraseAndAsksForNone) {
  EXPECT_TRUE(holds_private_key(own_.key_pem));
  EXPECT_FALSE(holds_private_key(own_.certificate_pem));
  // openssl genpkey -algorithm ed25519 -aes256
  EXPECT_FALSE(holds_private_key(R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhms+W+kAGY0QICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEECgHK0JqBHcCt0u18O8mrZAEQPjr
PL2sU7AFE5zx0ThXtjMsuHplWz2IsTTRtjB04MKd6l5Ojm347oGTRbBFkEH++6kB
o5SMqAHcdwKDRTXdfMY=
-----END ENCRYPTED PRIVATE KEY-----
)"));
}

TEST_F(CertificateTest, LeadsToItsAuthorityAlsoThroughOthers) {
  EXPECT_EQ(chain_problem(own_.certificate_pem, authority_.certificate_pem), std::nullopt);
  EXPECT_EQ(chain_problem(own_.certificate_pem, other_.certificate_pem + authority_.certificate_pem),
            std::nullopt);
  EXPECT_EQ(chain_problem(own_.certificate_pem, own_.certificate_pem), std::nullopt);
  EXPECT_THAT(chain_problem(own_.certificate_pem, make_authority("ca").certificate_pem),
              Optional(HasSubstr("unable to get")));
  EXPECT_NE(chain_problem(other_.certificate_pem, authority_.certificate_pem), std::nullopt);
}

TEST_F(CertificateTest, LeadsToItsAuthorityWhateverTheDate) {
  const KeyPair expired = issue(authority_, {.common_name = "x", .validity = apiserver::Validity::expired});

  EXPECT_EQ(chain_problem(expired.certificate_pem, authority_.certificate_pem), std::nullopt);
}

TEST_F(CertificateTest, LeadsToAnAuthorityThatIsValidThen) {
  const std::time_t now = std::time(nullptr);
  const KeyPair old = make_authority("old ca", apiserver::Validity::expired);
  const KeyPair of_old = issue(old, {.common_name = "x"});
  const KeyPair expired = issue(authority_, {.common_name = "x", .validity = apiserver::Validity::expired});

  EXPECT_EQ(chain_problem(own_.certificate_pem, old.certificate_pem + authority_.certificate_pem, now),
            std::nullopt);
  EXPECT_THAT(chain_problem(expired.certificate_pem, authority_.certificate_pem, now),
              Optional(HasSubstr("expired")));
  for (const std::string& bundle :
       {old.certificate_pem + authority_.certificate_pem, authority_.certificate_pem + old.certificate_pem}) {
    EXPECT_EQ(chain_problem(of_old.certificate_pem, bundle), std::nullopt);
    EXPECT_THAT(chain_problem(of_old.certificate_pem, bundle, now), Optional(HasSubstr("expired")));
  }
}

// The variable of this process, for one test.
class TrustedRoots {
 public:
  explicit TrustedRoots(const std::filesystem::path& file) { ::setenv("SSL_CERT_FILE", file.c_str(), 1); }
  TrustedRoots(const TrustedRoots&) = delete;
  TrustedRoots& operator=(const TrustedRoots&) = delete;
  ~TrustedRoots() { ::unsetenv("SSL_CERT_FILE"); }
};

TEST_F(CertificateTest, IsTrustedAsABrowserWouldTrustIt) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "ca.pem", authority_.certificate_pem);
  const TrustedRoots roots(folder / "ca.pem");
  const KeyPair expired = issue(authority_, {.common_name = "x", .validity = apiserver::Validity::expired});
  const KeyPair of_client = issue(authority_, {.use = apiserver::CertificateUse::client, .common_name = "x"});

  EXPECT_EQ(system_chain_problem(own_.certificate_pem), std::nullopt);
  // One more that is not on its path.
  EXPECT_EQ(system_chain_problem(own_.certificate_pem + expired.certificate_pem), std::nullopt);
  EXPECT_THAT(system_chain_problem(expired.certificate_pem), Optional(HasSubstr("expired")));
  EXPECT_THAT(system_chain_problem(of_client.certificate_pem), Optional(HasSubstr("purpose")));
  EXPECT_THAT(system_chain_problem(other_.certificate_pem), Optional(HasSubstr("unable to get")));
}

TEST_F(CertificateTest, IsNotTrustedWithoutRoots) {
  const TrustedRoots roots("/does/not/exist");
  EXPECT_THAT(system_chain_problem(own_.certificate_pem), Optional(HasSubstr("/does/not/exist")));
}

TEST_F(CertificateTest, OfAnAuthorityMayIssueOthers) {
  EXPECT_TRUE(holds_authority(own_.certificate_pem + authority_.certificate_pem));
  EXPECT_FALSE(holds_authority(own_.certificate_pem));
}

TEST_F(CertificateTest, IsForTheNamesThatItHas) {
  for (const char* host : {"ci.example.com", "CI.example.com", "app.ci.example.com", "10.0.0.1"})
    EXPECT_TRUE(names_host(own_.certificate_pem, host)) << host;
  for (const char* host : {"example.com", "a.b.ci.example.com", "jane", "10.0.0.2"})
    EXPECT_FALSE(names_host(own_.certificate_pem, host)) << host;
}

}  // namespace

}  // namespace kots_export::util
