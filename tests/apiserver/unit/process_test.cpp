#include "apiserver/fixture.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

namespace kots_export::apiserver {
namespace {

const std::filesystem::path kProgram = KOTS_EXPORT_APISERVER;

TEST(ApiServerProgram, TellsItsAddressAndWritesAPrivateKubeconfig) {
  const ApiServerProcess process(kProgram, {"--kubernetes", "1.22"});
  EXPECT_TRUE(process.url().starts_with("https://127.0.0.1:"));
  struct stat info {};
  ASSERT_EQ(::stat(process.kubeconfig_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(ApiServerProgram, EndsWithItsFixtureAndTakesItsFilesAlong) {
  pid_t pid = 0;
  std::filesystem::path kubeconfig;
  {
    const ApiServerProcess process(kProgram, {"--http"});
    pid = process.pid();
    kubeconfig = process.kubeconfig_path();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
  EXPECT_FALSE(std::filesystem::exists(kubeconfig.parent_path()));
}

TEST(ApiServerProgram, SaysWhatIsWrongWithItsFlags) {
  EXPECT_THROW(ApiServerProcess(kProgram, {"--kubernetes", "1.99"}), std::runtime_error);
  EXPECT_THROW(ApiServerProcess(kProgram, {"--seed", "/does/not/exist.yaml"}), std::runtime_error);
}

}  // namespace
}  // namespace kots_export::apiserver
