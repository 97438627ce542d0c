#include "kube/metadata_reader.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

using nlohmann::json;

namespace {

// The places of a list that matter; everything below any other key is passed over.
enum class Place { root, list_metadata, items, item, metadata, labels, annotations };

// Where a key of an object at `place` leads, or nothing where it does not matter.
std::optional<Place> below(Place place, std::string_view key) {
  switch (place) {
    case Place::root:
      if (key == "metadata") return Place::list_metadata;
      return key == "items" ? std::optional(Place::items) : std::nullopt;
    case Place::items:
      return Place::item;  // an array: there are no keys
    case Place::item:
      return key == "metadata" ? std::optional(Place::metadata) : std::nullopt;
    case Place::metadata:
      if (key == "labels") return Place::labels;
      return key == "annotations" ? std::optional(Place::annotations) : std::nullopt;
    default:
      return std::nullopt;
  }
}

class PageReader : public nlohmann::json_sax<json> {
 public:
  PageReader(const GroupVersionResource& gvr, const std::string& kind,
             const std::function<void(ObjectMetadata)>& on_object, MetadataPage& page)
      : gvr_(gvr), kind_(kind), on_object_(on_object), page_(page) {}

  bool start_object(std::size_t) override {
    open();
    return true;
  }
  bool start_array(std::size_t) override {
    if (places_.empty()) return false;  // no list of the API
    open();
    return true;
  }
  bool end_object() override {
    close();
    return true;
  }
  bool end_array() override {
    close();
    return true;
  }
  bool key(string_t& name) override {
    if (passed_over_ == 0) key_.swap(name);
    return true;
  }
  bool string(string_t& value) override {
    if (passed_over_ > 0 || places_.empty()) return !places_.empty();
    switch (places_.back()) {
      case Place::root:
        if (key_ == "kind") page_.kind = std::move(value);
        break;
      case Place::list_metadata:
        if (key_ == "continue") page_.continue_token = std::move(value);
        break;
      case Place::metadata:
        take_identity(value);
        break;
      case Place::labels:
        object_.labels.emplace_back(std::move(key_), std::move(value));
        break;
      case Place::annotations:
        object_.annotations.emplace_back(std::move(key_), std::move(value));
        break;
      default:
        break;
    }
    return true;
  }
  // Scalars of other types matter nowhere; one alone is no list.
  bool null() override { return !places_.empty(); }
  bool boolean(bool) override { return !places_.empty(); }
  bool number_integer(number_integer_t) override { return !places_.empty(); }
  bool number_unsigned(number_unsigned_t value) override {
    if (places_.empty()) return false;
    if (passed_over_ == 0 && places_.back() == Place::list_metadata && key_ == "remainingItemCount")
      page_.remaining = value;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return !places_.empty(); }
  bool binary(binary_t&) override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  void open() {
    if (passed_over_ > 0) {
      ++passed_over_;
    } else if (places_.empty()) {
      places_.push_back(Place::root);
    } else if (const auto place = below(places_.back(), key_)) {
      places_.push_back(*place);
      if (*place == Place::item) begin_object();
    } else {
      passed_over_ = 1;
    }
  }

  void close() {
    if (passed_over_ > 0) {
      --passed_over_;
      return;
    }
    const Place place = places_.back();
    places_.pop_back();
    if (place != Place::item) return;
    std::ranges::sort(object_.labels);
    std::ranges::sort(object_.annotations);
    on_object_(std::move(object_));
  }

  void begin_object() {
    object_ = {};
    object_.ref.gvr = gvr_;
    object_.ref.kind = kind_;
  }

  void take_identity(string_t& value) {
    if (key_ == "name") object_.ref.name = std::move(value);
    if (key_ == "namespace") object_.ref.ns = std::move(value);
    if (key_ == "uid") object_.ref.uid = std::move(value);
    if (key_ == "resourceVersion") object_.ref.resource_version = std::move(value);
    if (key_ == "deletionTimestamp") object_.life = ObjectMetadata::Life::terminating;
  }

  const GroupVersionResource& gvr_;
  const std::string& kind_;
  const std::function<void(ObjectMetadata)>& on_object_;
  MetadataPage& page_;
  std::vector<Place> places_;    // from the root to the container that is open
  std::size_t passed_over_ = 0;  // depth below a container that does not matter
  std::string key_;
  ObjectMetadata object_;
};

// Behind the array or object that begins at `at`; npos where it does not end.
std::size_t end_of_container(std::string_view text, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (--depth == 0) return at + 1;
    }
  }
  return std::string_view::npos;
}

// A list with its managedFields empty: most of its bytes, and nothing here reads them. To count brackets is
// many times faster than to parse what is between them. The key is looked for as the API server writes it,
// without white space; no text can hold it so, for its quotes would be escaped there.
std::string without_managed_fields(std::string_view list) {
  constexpr std::string_view kKey = R"("managedFields":)";
  std::string rest;
  for (auto at = list.find(kKey); at != std::string_view::npos; at = list.find(kKey)) {
    const std::size_t value = at + kKey.size();
    const bool is_array = value < list.size() && list[value] == '[';
    const std::size_t end = is_array ? end_of_container(list, value) : value;
    if (end == std::string_view::npos) break;  // cut off: the parser says so
    rest.append(list.substr(0, value));
    if (is_array) rest += "[]";
    list.remove_prefix(end);
  }
  return rest.append(list);
}

// Reads to the end: an answer that was cut short is none.
class IdentityReader : public nlohmann::json_sax<json> {
 public:
  explicit IdentityReader(ObjectIdentity& object) : object_(object) {}

  bool start_object(std::size_t) override {
    if (++depth_ == 2) in_metadata_ = key_ == "metadata";
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return ++depth_ > 1; }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    if (depth_ <= 2) key_.swap(name);
    return true;
  }
  bool string(string_t& value) override {
    if (std::string* wanted = place()) *wanted = std::move(value);
    return depth_ > 0;
  }
  // One value alone is no object.
  bool null() override { return depth_ > 0; }
  bool boolean(bool) override { return depth_ > 0; }
  bool number_integer(number_integer_t) override { return depth_ > 0; }
  bool number_unsigned(number_unsigned_t) override { return depth_ > 0; }
  bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
  bool binary(binary_t&) override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool leave() {
    --depth_;
    if (depth_ == 1) in_metadata_ = false;
    return true;
  }

  [[nodiscard]] std::string* place() {
    if (depth_ == 1 && key_ == "kind") return &object_.kind;
    if (depth_ != 2 || !in_metadata_) return nullptr;
    if (key_ == "namespace") return &object_.ns;
    if (key_ == "name") return &object_.name;
    if (key_ == "uid") return &object_.uid;
    return key_ == "resourceVersion" ? &object_.resource_version : nullptr;
  }

  ObjectIdentity& object_;
  std::string key_;
  int depth_ = 0;
  bool in_metadata_ = false;
};

}  // namespace

MetadataPage read_metadata_page(std::string_view body, const GroupVersionResource& gvr,
                                const std::string& kind,
                                const std::function<void(ObjectMetadata)>& on_object) {
  MetadataPage page;
  PageReader reader(gvr, kind, on_object, page);
  page.valid = json::sax_parse(without_managed_fields(body), &reader);
  return page;
}

std::optional<ObjectIdentity> identity_in(std::string_view body) {
  ObjectIdentity object;
  IdentityReader reader(object);
  if (!json::sax_parse(body, &reader)) return std::nullopt;
  return object;
}

}  // namespace kots_export::kube
