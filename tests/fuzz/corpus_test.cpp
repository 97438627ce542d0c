// Replays the corpus and some hostile inputs without libFuzzer: a smoke test for every compiler.
#include "fuzz/targets.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace kots_export::test {

namespace {

void run_all(std::string_view bytes) {
  fuzz_yaml(bytes);
  fuzz_release(bytes);
  fuzz_transform(bytes);
}

TEST(Fuzz, EveryFileOfTheCorpusPasses) {
  std::size_t files = 0;
  for (const char* folder : {KOTS_EXPORT_FUZZ_CORPUS, KOTS_EXPORT_TEST_DATA}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      SCOPED_TRACE(entry.path());
      std::ifstream in(entry.path(), std::ios::binary);
      run_all(std::string(std::istreambuf_iterator<char>(in), {}));
      ++files;
    }
  }
  EXPECT_GT(files, 20U);
}

TEST(Fuzz, HostileInputsEndSoon) {
  const auto repeated = [](const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  std::string keys = "domainName: d\n";
  for (int i = 0; i < 20'000; ++i) keys += "k" + std::to_string(i) + ": null\n";
  const std::vector<std::string> inputs = {repeated("[", 100'000),
                                           repeated("{", 100'000),
                                           repeated("- ", 100'000),
                                           repeated("? ", 100'000),
                                           repeated("&a ", 50'000),
                                           repeated("!x ", 50'000),
                                           repeated("'", 100'001),
                                           repeated("\"\\\n", 50'000),
                                           repeated("\n", 200'000),
                                           repeated("#\n", 100'000),
                                           repeated("a: &a b\n", 2),
                                           repeated("{a: [", 100'000),
                                           repeated("- |\n  x\n", 50'000),
                                           "a: " + std::string(200'000, 'x'),
                                           "a: |\n" + repeated("  x\n", 50'000),
                                           std::string(200'000, 'k') + ": 1\n",
                                           repeated("a\n ", 50'000),
                                           repeated("<<: {a: 1}\n", 20'000),
                                           keys};
  const std::clock_t start = std::clock();  // of this process: the machine may be busy
  for (const std::string& input : inputs) {
    SCOPED_TRACE(input.substr(0, 20));
    run_all(input);
  }
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30);
}

}  // namespace

}  // namespace kots_export::test
