#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/values/json.h>

#include <nlohmann/json.hpp>

namespace kots_export::values {

namespace {

// Builds a Value from the events of nlohmann's parser, which keeps the text of floats and the order of keys.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Value()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(Number{std::to_string(value), true}); }
  bool number_unsigned(number_unsigned_t value) override { return add(Number{std::to_string(value), true}); }
  bool number_float(number_float_t, const string_t& text) override {
    return add(Number{text, text.find_first_of(".eE") == std::string::npos});
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Map()); }
  bool start_array(std::size_t) override { return open(List()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    open_.back().key = value;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    place_ = position;
    return false;
  }

  Value root;
  [[nodiscard]] std::size_t place() const { return place_; }
  [[nodiscard]] bool too_deep() const { return too_deep_; }

 private:
  struct Open {
    Value value;
    std::string key;
  };

  bool add(Value value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (Open& parent = open_.back(); parent.value.is_map()) {
      parent.value.as_map().set(std::move(parent.key), std::move(value));
    } else {
      parent.value.as_list().push_back(std::move(value));
    }
    return true;
  }
  bool open(Value value) {
    constexpr std::size_t kDeepest = 400;
    too_deep_ = open_.size() >= kDeepest;
    if (too_deep_) return false;
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::vector<Open> open_;
  std::size_t place_ = 0;
  bool too_deep_ = false;
};

void write(const Value& value, std::string& out) {
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_number()) {
    out += value.as_number().text;
  } else if (value.is_string()) {
    out += nlohmann::json(value.as_string()).dump();
  } else if (value.is_list()) {
    out += '[';
    for (const char* comma = ""; const Value& item : value.as_list()) {
      out += std::exchange(comma, ",");
      write(item, out);
    }
    out += ']';
  } else {
    out += '{';
    for (const char* comma = ""; const auto& [key, item] : value.as_map()) {
      out += std::exchange(comma, ",");
      out += nlohmann::json(key).dump() + ":";
      write(item, out);
    }
    out += '}';
  }
}

}  // namespace

Value parse_json(std::string_view text, std::string_view source) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text, &builder)) {
    if (builder.too_deep())
      throw Error(util::filled("cannot read {source}", {{"source", source}}), "it is nested too deep");
    const std::string place = builder.place() >= text.size()
                                  ? "it ends too early"
                                  : util::filled("at byte {place}", {{"place", builder.place()}});
    throw Error(util::filled("{source} is not JSON", {{"source", source}}), place);
  }
  return std::move(builder.root);
}

std::string to_json(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

}  // namespace kots_export::values
