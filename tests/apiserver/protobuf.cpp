#include "apiserver/protobuf.h"

#include <kots_export/util/base64.h>

#include "apiserver/status.h"
#include "apiserver/wire.h"

#include <array>
#include <ctime>
#include <optional>
#include <string_view>

namespace kots_export::apiserver {
namespace {

constexpr std::string_view kMediaType = "application/vnd.kubernetes.protobuf";
constexpr std::string_view kMagic{"k8s\0", 4};

enum class Type { text, bytes, raw_json, integer, boolean, message, time, text_map, bytes_map };

struct Message;

// A field of a message; `repeated` ones gather in a list. Numbers and names stand in the generated.proto
// files of k8s.io/api and k8s.io/apimachinery.
struct Field {
  unsigned number;
  const char* name;
  Type type = Type::text;
  const Message* message = nullptr;
  bool repeated = false;
};

struct Message {
  std::array<Field, 16> fields;
};

constexpr Message kOwnerReference{{{{1, "kind"},
                                    {3, "name"},
                                    {4, "uid"},
                                    {5, "apiVersion"},
                                    {6, "controller", Type::boolean},
                                    {7, "blockOwnerDeletion", Type::boolean}}}};
constexpr Message kFields{{{{1, "", Type::raw_json}}}};
constexpr Message kManagedFields{{{{1, "manager"},
                                   {2, "operation"},
                                   {3, "apiVersion"},
                                   {4, "time", Type::time},
                                   {6, "fieldsType"},
                                   {7, "fieldsV1", Type::message, &kFields},
                                   {8, "subresource"}}}};
constexpr Message kObjectMeta{{{{1, "name"},
                                {2, "generateName"},
                                {3, "namespace"},
                                {5, "uid"},
                                {6, "resourceVersion"},
                                {8, "creationTimestamp", Type::time},
                                {9, "deletionTimestamp", Type::time},
                                {11, "labels", Type::text_map},
                                {12, "annotations", Type::text_map},
                                {13, "ownerReferences", Type::message, &kOwnerReference, true},
                                {14, "finalizers", Type::text, nullptr, true},
                                {17, "managedFields", Type::message, &kManagedFields, true}}}};
constexpr Message kSecret{{{{1, "metadata", Type::message, &kObjectMeta},
                            {2, "data", Type::bytes_map},
                            {3, "type"},
                            {4, "stringData", Type::text_map},
                            {5, "immutable", Type::boolean}}}};
constexpr Message kConfigMap{{{{1, "metadata", Type::message, &kObjectMeta},
                               {2, "data", Type::text_map},
                               {3, "binaryData", Type::bytes_map},
                               {4, "immutable", Type::boolean}}}};
constexpr Message kNamespace{{{{1, "metadata", Type::message, &kObjectMeta}}}};
constexpr Message kPreconditions{{{{1, "uid"}, {2, "resourceVersion"}}}};
constexpr Message kDeleteOptions{{{{1, "gracePeriodSeconds", Type::integer},
                                   {2, "preconditions", Type::message, &kPreconditions},
                                   {3, "orphanDependents", Type::boolean},
                                   {4, "propagationPolicy"},
                                   {5, "dryRun", Type::text, nullptr, true}}}};
constexpr Message kResourceAttributes{{{{1, "namespace"},
                                        {2, "verb"},
                                        {3, "group"},
                                        {4, "version"},
                                        {5, "resource"},
                                        {6, "subresource"},
                                        {7, "name"}}}};
constexpr Message kAccessSpec{{{{1, "resourceAttributes", Type::message, &kResourceAttributes}}}};
constexpr Message kAccessReview{{{{2, "spec", Type::message, &kAccessSpec}}}};
constexpr Message kRulesSpec{{{{1, "namespace"}}}};
constexpr Message kRulesReview{{{{2, "spec", Type::message, &kRulesSpec}}}};

constexpr std::pair<std::string_view, const Message*> kKinds[] = {{"Secret", &kSecret},
                                                                  {"ConfigMap", &kConfigMap},
                                                                  {"Namespace", &kNamespace},
                                                                  {"DeleteOptions", &kDeleteOptions},
                                                                  {"SelfSubjectAccessReview", &kAccessReview},
                                                                  {"SelfSubjectRulesReview", &kRulesReview}};

// One field as it stands on the wire.
struct Entry {
  unsigned number = 0;
  std::uint64_t integer = 0;
  std::string_view bytes;
};

// Takes a message apart, field by field.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  std::optional<Entry> next() {
    if (data_.empty()) return std::nullopt;
    const std::uint64_t tag = varint();
    Entry entry;
    entry.number = static_cast<unsigned>(tag >> 3U);
    switch (tag & 7U) {
      case 0:
        entry.integer = varint();
        break;
      case 1:
        take(8);
        break;
      case 2:
        entry.bytes = take(varint());
        break;
      case 5:
        take(4);
        break;
      default:
        throw bad_request("the protobuf body is damaged");
    }
    return entry;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    throw bad_request("the protobuf body is damaged");
  }

  std::string_view take(std::uint64_t size) {
    if (size > data_.size()) throw bad_request("the protobuf body is cut short");
    const std::string_view taken = data_.substr(0, size);
    data_.remove_prefix(size);
    return taken;
  }

  std::string_view data_;
};

Json decode(std::string_view data, const Message& message);

Json decode_time(std::string_view data) {
  Reader reader(data);
  while (const std::optional<Entry> entry = reader.next()) {
    if (entry->number != 1) continue;
    const auto seconds = static_cast<std::time_t>(entry->integer);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
  }
  return nullptr;
}

Json decode_value(const Entry& entry, const Field& field) {
  switch (field.type) {
    case Type::text:
      return std::string(entry.bytes);
    case Type::bytes:
      return util::base64_encode(entry.bytes);
    case Type::raw_json:
      return Json::parse(entry.bytes, nullptr, false);
    case Type::integer:
      return static_cast<std::int64_t>(entry.integer);
    case Type::boolean:
      return entry.integer != 0;
    case Type::time:
      return decode_time(entry.bytes);
    default:
      return decode(entry.bytes, *field.message);
  }
}

void add_map_entry(Json& map, std::string_view data, Type value_type) {
  Reader reader(data);
  std::string key;
  Json value = "";
  while (const std::optional<Entry> entry = reader.next()) {
    if (entry->number == 1) key = entry->bytes;
    if (entry->number == 2) value = decode_value(*entry, {2, "", value_type});
  }
  map[key] = std::move(value);
}

Json decode(std::string_view data, const Message& message) {
  Json result = Json::object();
  Reader reader(data);
  while (const std::optional<Entry> entry = reader.next()) {
    for (const Field& field : message.fields) {
      if (field.name == nullptr || field.number != entry->number) continue;
      if (field.type == Type::raw_json) return decode_value(*entry, field);
      if (field.type == Type::text_map || field.type == Type::bytes_map) {
        add_map_entry(result[field.name], entry->bytes,
                      field.type == Type::text_map ? Type::text : Type::bytes);
        continue;
      }
      Json value = decode_value(*entry, field);
      // Go writes every plain field, empty ones too.
      if (value.is_null() || value == Json("")) continue;
      if (field.repeated) {
        result[field.name].push_back(std::move(value));
      } else {
        result[field.name] = std::move(value);
      }
    }
  }
  return result;
}

}  // namespace

bool has_protobuf_body(const Request& request) {
  return !request.body.empty() && request.header("content-type").starts_with(kMediaType);
}

Request with_json_body(const Request& request) {
  if (!request.body.starts_with(kMagic)) throw bad_request("the body is not Kubernetes' protobuf");
  // runtime.Unknown: 1 is the type (1 apiVersion, 2 kind), 2 the object itself.
  std::string api_version;
  std::string kind;
  std::string_view raw;
  Reader reader(std::string_view(request.body).substr(kMagic.size()));
  while (const std::optional<Entry> entry = reader.next()) {
    if (entry->number == 2) raw = entry->bytes;
    if (entry->number != 1) continue;
    Reader type(entry->bytes);
    while (const std::optional<Entry> part = type.next())
      (part->number == 1 ? api_version : kind) = part->bytes;
  }
  for (const auto& [name, message] : kKinds) {
    if (name != kind) continue;
    Json body = decode(raw, *message);
    body["apiVersion"] = api_version;
    body["kind"] = kind;
    Request result = request;
    result.body = dump_json(body);
    std::erase_if(result.headers, [](const auto& header) { return header.first == "content-type"; });
    result.headers.emplace_back("content-type", "application/json");
    return result;
  }
  throw unsupported_media_type("application/json, application/yaml");
}

}  // namespace kots_export::apiserver
