#include "migration/values_record.h"

#include <kots_export/change/change_json.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

namespace kots_export::migration {

using change::member;
using change::text_member;
using nlohmann::json;
using Type = json::value_t;

namespace {

constexpr const char* kKind = "ValuesRecord";
constexpr const char* kVersion = "kots-export/v1";

ValuesRecord record_from(const json& file) {
  if (!file.is_object() || file.value("kind", json()) != kKind)
    throw Error("it is no record of values files");
  if (text_member(file, "apiVersion", "record") != kVersion) throw Error("a newer kots-export wrote it");
  ValuesRecord record{.written = {},
                      .ns = text_member(file, "namespace", "record"),
                      .namespace_uid = text_member(file, "namespaceUid", "record"),
                      .release = text_member(file, "release", "record"),
                      .corrections = corrections_from_json(file, "record")};
  for (const json& sum : member(file, "written", Type::array, "record")) {
    if (!sum.is_string()) throw Error("record.written holds something that is no text");
    record.written.push_back(sum.get<std::string>());
  }
  return record;
}

}  // namespace

json to_json(const std::vector<Correction>& corrections) {
  json list = json::array();
  for (const Correction& correction : corrections)
    list.push_back({{"path", correction.path}, {"yaml", correction.yaml.reveal()}});
  return list;
}

std::vector<Correction> corrections_from_json(const json& object, const std::string& place) {
  std::vector<Correction> corrections;
  const std::string where = place + ".corrections";
  for (const json& item : member(object, "corrections", Type::array, place)) {
    corrections.push_back({.path = text_member(item, "path", where),
                           .yaml = Secret<std::string>(text_member(item, "yaml", where))});
  }
  return corrections;
}

std::optional<ValuesRecord> read_values_record(const Paths& paths) {
  const auto text = util::read_file_if_exists(paths.values_record());
  if (!text) return std::nullopt;
  try {
    const json file = json::parse(*text, nullptr, false);
    if (file.is_discarded()) throw Error("it is not JSON, or it was cut off");
    return record_from(file);
  } catch (const Error& error) {
    throw Error(util::filled("cannot read {file}", {{"file", paths.values_record()}}), error.what(),
                "It holds the files of --values of an earlier run: name them again with --values.");
  }
}

void write_values_record(const Paths& paths, const ValuesRecord& record) {
  const json file{{"apiVersion", kVersion},
                  {"kind", kKind},
                  {"written", record.written},
                  {"namespace", record.ns},
                  {"namespaceUid", record.namespace_uid},
                  {"release", record.release},
                  {"corrections", to_json(record.corrections)}};
  util::write_private_file(paths.values_record(), file.dump(1) + "\n");
}

}  // namespace kots_export::migration
