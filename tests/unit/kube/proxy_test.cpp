#include <kots_export/kube/kubeconfig.h>

#include <map>

#include <gtest/gtest.h>

namespace kots_export::kube {
namespace {

Environment environment(std::map<std::string, std::string, std::less<>> variables) {
  return {.get = [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
          },
          .home = {}};
}

struct Case {
  std::string name, server, no_proxy, expected;
};
class Proxy : public ::testing::TestWithParam<Case> {};

TEST_P(Proxy, FollowsNoProxy) {
  const auto& [name, server, no_proxy, expected] = GetParam();
  EXPECT_EQ(
      proxy_from_environment(server, environment({{"HTTPS_PROXY", "http://p:3128"}, {"NO_PROXY", no_proxy}})),
      expected);
}

constexpr auto kYes = "http://p:3128";
INSTANTIATE_TEST_SUITE_P(Rules, Proxy,
                         ::testing::Values(Case{"None", "https://a.b.com", "", kYes},
                                           Case{"Star", "https://a.b.com", "x, *", ""},
                                           Case{"Exact", "https://b.com", "b.com", ""},
                                           Case{"Sub", "https://a.b.com:6443", "b.com", ""},
                                           Case{"SubOfDot", "https://a.b.com", ".b.com", ""},
                                           Case{"DotIsNotTheNameItself", "https://b.com", ".b.com", kYes},
                                           Case{"StarDot", "https://a.b.com", "*.b.com", ""},
                                           Case{"NoSuffixInsideALabel", "https://ab.com", "b.com", kYes},
                                           Case{"UpperCase", "https://A.B.com", "b.COM", ""},
                                           Case{"Port", "https://b.com:6443", "b.com:6443", ""},
                                           Case{"DefaultPort", "https://b.com", "b.com:443", ""},
                                           Case{"OtherPort", "https://b.com:6443", "b.com:443", kYes},
                                           Case{"Ip", "https://10.0.0.1:6443", "10.0.0.1", ""},
                                           Case{"Cidr", "https://10.1.2.3", "10.0.0.0/8", ""},
                                           Case{"CidrOutside", "https://11.1.2.3", "10.0.0.0/8", kYes},
                                           Case{"CidrOddBits", "https://10.15.0.1", "10.8.0.0/13", ""},
                                           Case{"Cidr6", "https://[fd00::5]:1", "fd00::/8", ""},
                                           Case{"Localhost", "https://localhost:1", "", ""},
                                           Case{"Loopback", "https://127.3.0.1", "", ""},
                                           Case{"Loopback6", "https://[::1]:1", "", ""}),
                         [](const auto& case_) { return case_.param.name; });

TEST(ProxyFor, ProxyUrlOfTheClusterBeatsTheEnvironment) {
  ResolvedConfig config;
  config.server = "https://h";
  config.proxy_url = "socks5://s:1";
  EXPECT_EQ(proxy_for(config, environment({{"HTTPS_PROXY", "http://p"}, {"NO_PROXY", "*"}})), "socks5://s:1");
}

TEST(ProxyFor, SchemeOfTheServerChoosesTheVariable) {
  const auto both = environment({{"https_proxy", "p:1"}, {"HTTP_PROXY", "http://q"}});
  EXPECT_EQ(proxy_from_environment("https://h", both), "http://p:1");
  EXPECT_EQ(proxy_from_environment("http://h", both), "http://q");
  EXPECT_EQ(proxy_from_environment("https://h", environment({})), "");
}

}  // namespace
}  // namespace kots_export::kube
