#pragma once

#include <kots_export/change/change.h>
#include <kots_export/kube/transport.h>

#include <cstddef>
#include <optional>

namespace kots_export::change {

// Where the Executor pulls its Changes from: a plan in memory, or one that is still being read from the
// cluster, so that a list's first pages are patched while later pages arrive. What waits between reading and
// writing is the source's to bound: it gives no further read while it holds enough.
class ChangeSource {
 public:
  virtual ~ChangeSource() = default;

  // The next Change, or nothing where none is known now. Asked again after each reply.
  virtual std::optional<Change> next_change() = 0;

  // A read that is to run beside the writes and may bring more Changes, or nothing now. Its `done` must not
  // throw: that would cut the writes in flight. A source that cannot go on gives nothing more, and says why
  // in finish().
  virtual std::optional<kube::Exchange> next_read() { return std::nullopt; }

  // Called once all that was given is done, and before deletes start. Throws where the source could not give
  // everything.
  virtual void finish() {}

  // How many Changes it gives in all, as far as that can be told now; nothing where it cannot. For people.
  [[nodiscard]] virtual std::optional<std::size_t> expected() const { return std::nullopt; }

  // Objects that were looked at and need nothing.
  [[nodiscard]] virtual std::size_t already_right() const { return 0; }
};

// A plan that is known as a whole. It outlives the source.
class PlanSource : public ChangeSource {
 public:
  explicit PlanSource(const Plan& plan) : plan_(plan) {}
  std::optional<Change> next_change() override {
    if (next_ == plan_.changes.size()) return std::nullopt;
    return plan_.changes[next_++];
  }
  [[nodiscard]] std::size_t already_right() const override { return plan_.already_right; }

 private:
  const Plan& plan_;
  std::size_t next_ = 0;
};

}  // namespace kots_export::change
