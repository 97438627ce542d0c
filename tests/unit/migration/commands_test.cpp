#include <kots_export/migration/commands.h>

#include <gtest/gtest.h>

namespace kots_export::migration {

namespace {

TEST(Commands, NameContextAndKubeconfig) {
  const Commands commands{.context = "prod", .kubeconfig = {"/home/me/kube config"}};

  EXPECT_EQ(commands.kubectl("ci", "get pods"),
            "kubectl -n ci --context prod --kubeconfig '/home/me/kube config' get pods");
  EXPECT_EQ(commands.helm("ci", "upgrade r", "-f v.yaml"),
            "helm upgrade r -n ci --kube-context prod --kubeconfig '/home/me/kube config' -f v.yaml");
}

TEST(Commands, GiveSeveralKubeconfigsAsTheVariable) {
  const Commands commands{.context = "arn:aws:eks:x:1:cluster/p q", .kubeconfig = {"/a", "/b"}};

  EXPECT_EQ(commands.kubectl("ci", "get pods"),
            "KUBECONFIG=/a:/b kubectl -n ci --context 'arn:aws:eks:x:1:cluster/p q' get pods");
  EXPECT_EQ(commands.helm("ci", "upgrade r", "-f v.yaml"),
            "KUBECONFIG=/a:/b helm upgrade r -n ci --kube-context 'arn:aws:eks:x:1:cluster/p q' -f v.yaml");
}

TEST(Commands, NameServerAndUserThatWereGiven) {
  const Commands commands{.server = "https://10.0.0.1", .as = "jane", .as_groups = {"a", "b"}};

  EXPECT_EQ(commands.kubectl("ci", "get pods"),
            "kubectl -n ci --server https://10.0.0.1 --as jane --as-group a --as-group b get pods");
  EXPECT_EQ(commands.helm("ci", "list", "-q"),
            "helm list -n ci --kube-apiserver https://10.0.0.1 --kube-as-user jane --kube-as-group a "
            "--kube-as-group b -q");
}

TEST(Commands, NameNothingWhereNothingIsToBeNamed) {
  EXPECT_EQ(Commands{}.kubectl("ci", "get pods"), "kubectl -n ci get pods");
  EXPECT_EQ(Commands{}.kots_export("rollback"), "kots-export rollback");
  EXPECT_EQ(Commands{.given = " -n ci"}.kots_export("rollback"), "kots-export rollback -n ci");
}

}  // namespace

}  // namespace kots_export::migration
