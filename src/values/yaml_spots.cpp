#include "values/yaml_spots.h"

#include "values/yaml_events.h"

#include <algorithm>
#include <utility>

namespace kots_export::values {

namespace {

class SpotReader {
 public:
  SpotReader(std::string_view text, std::string_view source)
      : size_(text.size()), yaml_(text, source), events_(yaml_) {}

  Spot read() {
    events_.next();  // of the stream
    if (events_.next().type != YAML_DOCUMENT_START_EVENT) return {};
    return node(events_.next());
  }

 private:
  // From the end, since a byte order mark is taken off the text.
  std::size_t offset_of(const Mark& mark) { return size_ - yaml_.from(mark).size(); }

  Spot node(const yaml_event_t& event) {
    Spot spot;
    spot.begin = offset_of(start_of(event));
    spot.end = offset_of(end_of(event));
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        spot.kind = Spot::Kind::alias;
        return spot;
      case YAML_SCALAR_EVENT:
        spot.has_anchor = event.data.scalar.anchor != nullptr;
        return spot;
      case YAML_SEQUENCE_START_EVENT:
        spot.kind = Spot::Kind::list;
        spot.has_anchor = event.data.sequence_start.anchor != nullptr;
        if (event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE) spot.style = Spot::Style::flow;
        items(spot);
        return spot;
      default:
        spot.kind = Spot::Kind::map;
        spot.has_anchor = event.data.mapping_start.anchor != nullptr;
        if (event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE) spot.style = Spot::Style::flow;
        entries(spot);
        return spot;
    }
  }

  // A block's end is noticed only at what comes behind it: blank lines and comments are not its own.
  void end_at(Spot& spot, const yaml_event_t& end) {
    if (spot.style == Spot::Style::flow) spot.end = offset_of(end_of(end));
  }

  void items(Spot& spot) {
    for (;;) {
      const yaml_event_t& event = events_.next();
      if (event.type == YAML_SEQUENCE_END_EVENT) return end_at(spot, event);
      spot.end = std::max(spot.end, node(event).end);
    }
  }

  void entries(Spot& spot) {
    for (;;) {
      const yaml_event_t& event = events_.next();
      if (event.type == YAML_MAPPING_END_EVENT) return end_at(spot, event);
      Spot::Entry entry{.key = {}, .column = event.start_mark.column, .begin = 0, .value = {}};
      if (event.type == YAML_SCALAR_EVENT) {
        const auto& scalar = event.data.scalar;
        entry.key.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
      }
      const bool is_merge = entry.key == "<<";
      entry.begin = node(event).begin;
      entry.value = node(events_.next());
      spot.end = std::max(spot.end, entry.value.end);
      if (is_merge) {
        spot.is_merged = true;
      } else {
        spot.entries.push_back(std::move(entry));
      }
    }
  }

  std::size_t size_;
  YamlText yaml_;
  YamlEvents events_;
};

}  // namespace

Spot find_spots(std::string_view text, std::string_view source) { return SpotReader(text, source).read(); }

}  // namespace kots_export::values
