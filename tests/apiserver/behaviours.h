#pragma once

#include "apiserver/json.h"

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace kots_export::apiserver {

// How a Pod ends.
enum class Outcome {
  complete,
  fail,
  image_pull_error,
  unschedulable,
  create_container_config_error,
  never_finish
};

// What the Pods of a Job do. Read from YAML as
//     name: circle-migrator        # prefix of the Job's or Pod's name; empty matches all
//     image: cciserver.azurecr.io/ # prefix of the first container's image; empty matches all
//     startDelay: 10               # milliseconds until the container runs
//     delay: 5                     # milliseconds before each line, and before the end
//     lines: ["connecting to $(POSTGRESQL_HOST)"]   # $(NAME) is the container's environment
//     outcome: complete            # complete fail image-pull-error unschedulable
//                                  # create-container-config-error never-finish
//     exitCode: 1
struct Behaviour {
  std::string name_prefix;
  std::string image_prefix;
  std::chrono::milliseconds start_delay{10};
  std::chrono::milliseconds delay{15};
  std::vector<std::string> lines;
  Outcome outcome = Outcome::complete;
  int exit_code = 0;
};

// Throws std::runtime_error where `rule` is not of the form above.
[[nodiscard]] Behaviour parse_behaviour(const Json& rule);

// The table of rules; the first that matches wins, and rules added later come first.
class Behaviours {
 public:
  void add(Behaviour behaviour);
  // Returns what a Pod of that name and image does; without a rule, two lines and `fallback`.
  [[nodiscard]] Behaviour find(const std::string& name, const std::string& image, Outcome fallback) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Behaviour> rules_;
};

}  // namespace kots_export::apiserver
