// Measures what needs no cluster: start-up, transform, decoding of the release Secret. Prints one JSON
// object; scripts/bench adds the cluster's numbers and writes the report.
//   kots-export-bench PROGRAM [--smoke]

#include <kots_export/helm/release.h>
#include <kots_export/util/base64.h>
#include <kots_export/values/transform.h>
#include <kots_export/values/yaml.h>

#include "bench/process.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <zlib.h>

namespace kots_export::bench {
namespace {

using nlohmann::json;

double milliseconds(std::chrono::duration<double> time) { return time.count() * 1000; }

// The median and the least of `times` runs.
json measure(int times, const std::function<double()>& run) {
  std::vector<double> results;
  for (int i = 0; i < times; ++i) results.push_back(run());
  std::ranges::sort(results);
  return {{"median_ms", results[results.size() / 2]}, {"least_ms", results.front()}, {"runs", times}};
}

double time_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return milliseconds(std::chrono::steady_clock::now() - began);
}

// Values like an installation's, and as many services of it as make `bytes`.
std::string values_of(std::size_t bytes) {
  std::string yaml =
      "domainName: ci.example.com\nkong:\n  annotations: {a: b}\npostgresql:\n  internal: true\n"
      "  postgresqlPassword: 'p@ss: w0rd'\nnomad:\n  auto_scaler:\n    enabled: false\n";
  for (int i = 0; yaml.size() < bytes; ++i) {
    const std::string number = std::to_string(i);
    yaml += "service_" + number + ":\n  replicas: 3\n  image: \"cciserver/service:" + number +
            "\"\n  enabled: true\n  resources:\n    limits: {cpu: 500m, memory: 1Gi}\n  hosts:\n    - one." +
            number +
            ".example.com\n    - 'two.example.com'\n  note: |\n    several lines\n    of text: here\n";
  }
  return yaml;
}

json measure_transform(std::size_t bytes, int times) {
  const std::string v3 = values_of(bytes);
  const values::TransformOptions options{.license = Secret<std::string>("license"),
                                         .registry = "cciserver",
                                         .kept_mongodb_password = std::nullopt,
                                         .new_password = [] { return "password"; }};
  json result = measure(times, [&] {
    return time_of([&] {
      const auto transformed = values::transform(values::parse_yaml(v3, "values"), options);
      if (values::to_yaml(transformed.values).empty()) throw std::runtime_error("no values came out");
    });
  });
  result["bytes"] = v3.size();
  return result;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// A release whose Secret is of `bytes`: what Kubernetes allows is 1 MiB.
std::string release_secret_of(std::size_t bytes) {
  std::minstd_rand random(1);
  std::string noise;
  while (noise.size() < bytes * 9 / 16) noise += static_cast<char>('!' + random() % 90);
  std::ranges::replace(noise, '"', '_');
  std::ranges::replace(noise, '\\', '_');
  const json release{{"name", "circleci-server"},
                     {"version", 1},
                     {"config", {{"domainName", "ci.example.com"}}},
                     {"chart", {{"metadata", {{"version", "3.4.6"}}}, {"templates", noise}}},
                     {"manifest", "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n"}};
  return util::base64_encode(util::base64_encode(gzip(release.dump())));
}

json measure_decoding(std::size_t bytes, int times) {
  const std::string secret = release_secret_of(bytes);
  json result = measure(times, [&] { return time_of([&] { (void)helm::decode_release(secret); }); });
  result["bytes"] = secret.size();
  return result;
}

json measure_start(const std::string& program, int times) {
  json result = measure(times, [&] {
    const Usage usage = run_program({program, "--help"});
    if (usage.exit_code != 0) throw std::runtime_error(program + " --help failed");
    return milliseconds(usage.wall);
  });
  result["peak_kib"] = run_program({program, "--help"}).peak_kib;
  return result;
}

int run(const std::string& program, bool is_smoke) {
  const int times = is_smoke ? 1 : 15;
  json results{{"start", measure_start(program, is_smoke ? 1 : 101)}};
  constexpr std::array<std::size_t, 4> kSizes = {10'000, 100'000, 1'000'000, 10'000'000};
  for (const std::size_t bytes : std::span(kSizes).first(is_smoke ? 1 : kSizes.size()))
    results["transform"].push_back(measure_transform(bytes, times));
  results["decode"] = measure_decoding(is_smoke ? 10'000 : 1'000'000, times);
  std::cout << results.dump(2) << std::endl;
  return 0;
}

}  // namespace
}  // namespace kots_export::bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool is_smoke = std::ranges::find(arguments, "--smoke") != arguments.end();
  if (arguments.empty() || arguments.front().starts_with("--")) {
    std::cerr << "usage: kots-export-bench PROGRAM [--smoke]\n";
    return 2;
  }
  try {
    return kots_export::bench::run(arguments.front(), is_smoke);
  } catch (const std::exception& error) {
    std::cerr << "kots-export-bench: " << error.what() << '\n';
    return 1;
  }
}
