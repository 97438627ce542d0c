#include <kots_export/change/observer.h>
#include <kots_export/util/text.h>

namespace kots_export::change {

namespace {

// The counter in `counts`, which may be const.
auto& counter_of(auto& counts, ChangeOutcome::Status status) {
  using Status = ChangeOutcome::Status;
  switch (status) {
    case Status::done:
      return counts.done;
    case Status::gone:
      return counts.gone;
    case Status::refused:
      return counts.refused;
    case Status::unknown:
      return counts.unknown;
    case Status::not_sent:
      return counts.not_sent;
    case Status::not_tried:
      break;
  }
  return counts.not_tried;
}

}  // namespace

std::size_t OutcomeCounts::of(ChangeOutcome::Status status) const { return counter_of(*this, status); }

void OutcomeCounts::count(ChangeOutcome::Status status) { ++counter_of(*this, status); }

OutcomeCounts& OutcomeCounts::operator+=(const OutcomeCounts& other) {
  done += other.done;
  gone += other.gone;
  refused += other.refused;
  unknown += other.unknown;
  not_sent += other.not_sent;
  not_tried += other.not_tried;
  return *this;
}

std::string to_text(const OutcomeCounts& counts) {
  return util::filled("done {done}, refused {refused}, unknown {unknown}, not sent {not_sent}",
                      {{"done", counts.done + counts.gone},
                       {"refused", counts.refused},
                       {"unknown", counts.unknown},
                       {"not_sent", counts.not_sent}});
}

std::string_view to_string(CheckOutcome::Status status) {
  using Status = CheckOutcome::Status;
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::note:
      return "note";
    case Status::warning:
      return "warning";
    case Status::to_do:
      return "todo";
    case Status::failed:
      return "failed";
    case Status::skipped:
      return "skipped";
  }
  return "";
}

}  // namespace kots_export::change
