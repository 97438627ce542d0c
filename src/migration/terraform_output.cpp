// The certificates in what `terraform output -json` prints.
#include <kots_export/migration/nomad.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <array>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

constexpr std::string_view kTwin = "_base64";
constexpr std::size_t kDeepest = 16;  // modules in modules
constexpr const char* kHowToExport =
    "Export them in the root module, as in `output \"nomad\" { value = module.nomad }`, run terraform apply, "
    "and "
    "then `terraform output -json`; or give three PEM files.";

// One of the three, and the output that it was found in first.
struct Part {
  std::string_view output;
  std::optional<Secret<std::string>> pem = std::nullopt;
  std::string where = {};
};

class Outputs {
 public:
  explicit Outputs(std::string_view source) : source_(source) {}

  // What stands in `object`, and in the objects in it. `where`: "nomad.", or empty at the top.
  void look_at(const json& object, const std::string& where, std::size_t depth = 0) {
    for (const auto& [name, output] : object.items()) {
      // At the top each stands in an object with its type.
      const bool is_wrapped = depth == 0 && output.is_object() && output.contains("value");
      const json& value = is_wrapped ? output["value"] : output;
      if (value.is_object() && depth < kDeepest) look_at(value, where + name + ".", depth + 1);
      // Empty: the module was told to make none.
      if (value.is_string() && !value.get_ref<const std::string&>().empty()) take(name, where + name, value);
    }
  }

  NomadCertificates take_all() {
    for (const Part& part : parts_) {
      if (!part.pem)
        throw Error(
            util::filled("{file} has no output {output}", {{"file", source_}, {"output", part.output}}), {},
            kHowToExport);
    }
    const auto encoded = [](const Part& part) { return util::base64_encode(part.pem->reveal()); };
    return {.certificate = encoded(parts_[0]),
            .private_key = Secret<std::string>(encoded(parts_[1])),
            .authority = encoded(parts_[2])};
  }

 private:
  void take(std::string_view name, const std::string& where, const json& value) {
    for (Part& part : parts_) {
      if (!name.starts_with(part.output)) continue;
      const std::string_view rest = name.substr(part.output.size());
      if (rest.empty()) return take(part, where, Secret<std::string>(value.get<std::string>()));
      if (rest != kTwin) continue;
      auto pem = util::base64_decode(value.get_ref<const std::string&>());
      if (!pem)
        throw Error(
            util::filled("output {output} in {file} is not base64", {{"output", where}, {"file", source_}}));
      return take(part, where, Secret<std::string>(std::move(*pem)));
    }
  }

  void take(Part& part, const std::string& where, Secret<std::string> pem) {
    if (part.pem && util::trim(part.pem->reveal()) != util::trim(pem.reveal())) {
      throw Error(util::filled("{file} has two different sets of Nomad certificates", {{"file", source_}}),
                  util::filled("output {output} is another than output {other}",
                               {{"output", part.where}, {"other", where}}),
                  "Choose the set that the clients of this installation use, and give its three PEM files.");
    }
    if (part.pem) return;
    part.pem = std::move(pem);
    part.where = where;
  }

  std::string_view source_;
  std::array<Part, 3> parts_ = {
      {{.output = "nomad_server_cert"}, {.output = "nomad_server_key"}, {.output = "nomad_tls_ca"}}};
};

}  // namespace

NomadCertificates certificates_of_terraform(const Secret<std::string>& text, std::string_view source) {
  const json outputs = json::parse(text.reveal(), nullptr, false);
  if (!outputs.is_object()) {
    throw Error(util::filled("{file} is not the output of terraform", {{"file", source}}),
                outputs.is_discarded() ? "it is not JSON, or it was cut off" : "it is not a JSON object",
                "`terraform output -json` prints it.");
  }
  Outputs found(source);
  found.look_at(outputs, "");
  return found.take_all();
}

}  // namespace kots_export::migration
