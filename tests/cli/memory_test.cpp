#include "cli/installation.h"
#include "unit/support/temporary_folder.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

constexpr int kObjects = 400;
constexpr int kKib = 64;  // of content in each

// A 3.x installation with many large ConfigMaps beside it.
apiserver::ApiServerOptions with_large_objects(const std::filesystem::path& folder) {
  const auto seed = folder / "large.yaml";
  std::ofstream(seed)
      << "apiVersion: testing/v1\nkind: Repeat\ncount: " << kObjects
      << "\nobject: {apiVersion: v1, kind: ConfigMap, metadata: {name: \"large-%d\", namespace: "
      << kNamespace << ", labels: {kots.io/app-slug: circleci-server}}, data: {content: \""
      << std::string(std::size_t{kKib} * 1024, 'x') << "\"}}\n";
  apiserver::ApiServerOptions options;
  options.seed_files = {KOTS_EXPORT_TEST_DATA "/installation-3.x.yaml", seed};
  return options;
}

struct Measured {
  Finished finished;
  long peak_kib = 0;
};

// The most memory that the program itself had. (What wait4 says is at least what the test had when it started
// it, and that has the server in it.)
Measured measure(const Installation& installation, const std::vector<std::string>& arguments) {
  Measured measured;
  const auto look = [&](pid_t program) {
    std::ifstream status("/proc/" + std::to_string(program) + "/status");
    std::ifstream name("/proc/" + std::to_string(program) + "/comm");
    std::string command;
    if (!(name >> command) || command != "kots-export") return;
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:"))
        measured.peak_kib = std::max(measured.peak_kib, std::stol(line.substr(std::string("VmHWM:").size())));
    }
  };
  measured.finished = installation.run(
      Start{.arguments = arguments, .environment = {}, .input = {}, .folder = {}, .meanwhile = look});
  return measured;
}

// annotate reads metadata; what it needs is the measure for its way back. Whole objects would be 25 MiB more.
TEST(Memory, OfARollbackOfPatchesDoesNotGrowWithTheObjectsSize) {
  const TemporaryFolder seeds;
  const Installation installation(with_large_objects(seeds.path()));
  const auto [annotate, needed] = measure(installation, {"annotate", "--yes"});
  ASSERT_EQ(annotate.exit_code, 0) << annotate.err;

  const auto [rollback, used] = measure(installation, {"rollback", "--yes"});

  ASSERT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_THAT(rollback.err, ::testing::ContainsRegex("4[0-9][0-9] patched"));
  constexpr long kOfAllContent = long{kObjects} * kKib;
  EXPECT_GT(needed, 0);
  EXPECT_LT(used, needed + kOfAllContent / 4);
}

}  // namespace

}  // namespace kots_export::test
