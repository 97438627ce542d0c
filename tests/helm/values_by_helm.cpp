// Compares our YAML with what real Helm reads of it.   usage: values_by_helm HELM CHART [SEED|random
// [DOCUMENTS]]
// - written: documents that we write; Helm must read each as it was
// - read: YAML as people write it, as far as we take it; Helm must read the same of it
// The seed is printed; the same seed makes the same documents with every compiler. Without one it is always
// the same seed: a gate must not fail by luck. Exit code 1 where something differs.
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include "helm/generator.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace kots_export::test {

namespace {

using values::Map;
using values::Value;

// One key of a values file: what it must mean, and its YAML.
struct Case {
  Value meaning;
  std::string yaml;
};

class Helm {
 public:
  Helm(std::string program, std::string chart)
      : command_(util::shell_quote(program) + " template x " + util::shell_quote(chart) + " -f ") {
    std::string name = (std::filesystem::temp_directory_path() / "values-by-helm-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a folder");
    folder_ = name;
  }
  Helm(const Helm&) = delete;
  Helm& operator=(const Helm&) = delete;
  ~Helm() { std::filesystem::remove_all(folder_); }

  // What Helm makes of a values file; nothing where it refuses.
  std::optional<Value> read(const std::string& yaml) {
    const auto file = folder_ / "values.yaml";
    util::write_private_file(file, yaml);
    FILE* pipe = ::popen((command_ + util::shell_quote(file.string()) + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw Error("cannot start Helm");
    said_.clear();
    std::array<char, 65536> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
      said_.append(buffer.data(), got);
    if (::pclose(pipe) != 0) return std::nullopt;
    const std::string key = "\nvalues: ";
    const std::size_t start = said_.find(key) + key.size();
    const auto json = util::base64_decode(said_.substr(start, said_.find('\n', start) - start));
    if (!json) throw Error("Helm printed something else", said_);
    return values::parse_json(*json, "Helm's output");
  }
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  std::string command_;
  std::filesystem::path folder_;
  std::string said_;
};

// Helm holds numbers as doubles: integers beyond 2^53 are compared as such.
bool same(const Value& ours, const Value& helms) {
  if (ours.is_number() && helms.is_number())
    return std::strtod(ours.as_number().text.c_str(), nullptr) ==
           std::strtod(helms.as_number().text.c_str(), nullptr);
  if (ours.is_list() && helms.is_list()) {
    const auto& a = ours.as_list();
    const auto& b = helms.as_list();
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
      if (!same(a[i], b[i])) return false;
    return a.size() == b.size();
  }
  if (ours.is_map() && helms.is_map()) {
    for (const auto& [key, value] : ours.as_map()) {
      const Value* other = helms.as_map().find(key);
      if (other == nullptr || !same(value, *other)) return false;
    }
    return ours.as_map().size() == helms.as_map().size();
  }
  return ours == helms;
}

class Comparison {
 public:
  explicit Comparison(Helm& helm) : helm_(helm) {}

  void run(const std::vector<Case>& cases) {
    std::string yaml;
    for (std::size_t i = 0; i < cases.size(); ++i) yaml += key(i) + ":" + cases[i].yaml;
    const auto read = helm_.read(yaml);
    if (!read && cases.size() > 1) {  // one of them is refused: look for it
      const auto middle = cases.begin() + static_cast<std::ptrdiff_t>(cases.size() / 2);
      run({cases.begin(), middle});
      run({middle, cases.end()});
      return;
    }
    if (!read) return fail(cases.front(), helm_.said());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Value* helms = read->as_map().find(key(i));
      if (helms == nullptr || !same(cases[i].meaning, *helms))
        fail(cases[i], helms == nullptr ? "nothing" : values::to_json(*helms));
    }
  }
  [[nodiscard]] std::size_t failures() const { return failures_; }

 private:
  static std::string key(std::size_t i) { return "d" + std::to_string(i); }

  void fail(const Case& wrong, const std::string& helms) {
    constexpr std::size_t kShown = 20;
    if (++failures_ > kShown) return;
    Value yaml{wrong.yaml};
    std::cout << "different:\n  yaml:" << values::to_json(yaml)
              << "\n  ours: " << values::to_json(wrong.meaning) << "\n  Helm: " << helms << "\n";
  }

  Helm& helm_;
  std::size_t failures_ = 0;
};

Case written(Generator& generator) {
  constexpr int kDepth = 4;
  Map map;
  map.set("", generator.value(kDepth));
  // "'': ..." without its key; every key of a values file is written in the same way.
  return {.meaning = *map.find(""), .yaml = values::to_yaml(map).substr(3)};
}

std::optional<Case> read(Generator& generator) {
  const std::string yaml = " " + generator.yaml() + "\n";
  try {
    const Value value = values::parse_yaml("d:" + yaml + "e: 1\n", "generated");
    if (value.as_map().size() != 2) return std::nullopt;
    return Case{.meaning = *value.as_map().find("d"), .yaml = yaml};
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::uint64_t seed_of(std::string_view argument) {
  return argument == "random" ? std::random_device()() : std::strtoull(argument.data(), nullptr, 10);
}

int run(int argc, char** argv) {
  const std::uint64_t seed = seed_of(argc > 3 ? argv[3] : "1");
  const std::size_t documents = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 10'000;
  std::cout << "seed " << seed << ", " << documents << " documents each way" << std::endl;
  Generator generator(seed);
  Helm helm(argv[1], argv[2]);
  Comparison comparison(helm);
  constexpr std::size_t kBatch = 1'000;
  for (std::size_t done = 0; done < documents; done += kBatch) {
    std::vector<Case> cases;
    while (cases.size() < kBatch) cases.push_back(written(generator));
    comparison.run(cases);
    cases.clear();
    while (cases.size() < kBatch) {
      if (auto one = read(generator)) cases.push_back(std::move(*one));
    }
    comparison.run(cases);
  }
  std::cout << comparison.failures() << " different" << std::endl;
  return comparison.failures() == 0 ? 0 : 1;
}

}  // namespace

}  // namespace kots_export::test

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: values_by_helm HELM CHART [SEED|random [DOCUMENTS]]\n";
    return 2;
  }
  try {
    return kots_export::test::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
