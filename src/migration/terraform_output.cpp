// The certificates in what `terraform output -json` prints.
#include <kots_export/migration/nomad.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <algorithm>
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

Secret<std::string> without_returns(std::string text) {
  std::erase(text, '\r');
  return Secret<std::string>(std::move(text));
}

// Line ends, and blanks at both ends, are no difference.
bool is_same_pem(const Secret<std::string>& a, const Secret<std::string>& b) {
  const auto one = without_returns(a.reveal());
  const auto other = without_returns(b.reveal());
  return util::trim(one.reveal()) == util::trim(other.reveal());
}

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
      const bool is_list = value.is_array() && !value.empty();
      if (is_list && list_.empty() && (is_output(name) || has_outputs(value))) list_ = where + name;
      // Empty: the module was told to make none.
      if (value.is_string() && !value.get_ref<const std::string&>().empty()) take(name, where + name, value);
    }
  }

  NomadCertificates take_all() {
    for (const Part& part : parts_) {
      if (part.pem) continue;
      if (!list_.empty())
        throw Error(util::filled("{file} has output {output} only inside of a list, output {list}",
                                 {{"file", source_}, {"output", part.output}, {"list", list_}}),
                    {},
                    "A module with `count` gives a list, of which one has to be chosen: export that, as "
                    "in `output \"nomad\" { value = module.nomad[0] }`, run terraform apply, and then "
                    "`terraform output -json`; or give three PEM files.");
      throw Error(util::filled("{file} has no output {output}", {{"file", source_}, {"output", part.output}}),
                  {}, kHowToExport);
    }
    const auto encoded = [](const Part& part) { return util::base64_encode(part.pem->reveal()); };
    return {.certificate = encoded(parts_[0]),
            .private_key = Secret<std::string>(encoded(parts_[1])),
            .authority = encoded(parts_[2])};
  }

 private:
  [[nodiscard]] bool is_output(std::string_view name) const {
    return std::ranges::any_of(parts_, [&](const Part& part) {
      return name == part.output || name == std::string(part.output) + std::string(kTwin);
    });
  }

  // Whether one of the objects in `value`, a list or an object, has such an output.
  [[nodiscard]] bool has_outputs(const json& value, std::size_t depth = 0) const {
    if (!value.is_structured() || depth > kDeepest) return false;
    for (const auto& [name, one] : value.items())
      if ((value.is_object() && is_output(name)) || has_outputs(one, depth + 1)) return true;
    return false;
  }

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
    if (part.pem && !is_same_pem(*part.pem, pem)) {
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
  std::string list_;  // an output with such objects in a list, which are not looked at
  std::array<Part, 3> parts_ = {
      {{.output = "nomad_server_cert"}, {.output = "nomad_server_key"}, {.output = "nomad_tls_ca"}}};
};

// By its byte order mark.
bool is_utf16(std::string_view text) { return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"); }

}  // namespace

NomadCertificates certificates_of_terraform(const Secret<std::string>& text, std::string_view source) {
  if (is_utf16(text.reveal()))
    throw Error(
        util::filled("{file} is in UTF-16, as `>` of Windows PowerShell writes it", {{"file", source}}), {},
        "Let `terraform output -json | Out-File -Encoding utf8 FILE` write it.");
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
