#pragma once

#include <kots_export/change/source.h>
#include <kots_export/kube/metadata_lists.h>
#include <kots_export/migration/inventory.h>
#include <kots_export/migration/kots_cleanup.h>

#include <deque>
#include <vector>

namespace kots_export::migration {

// A large namespace's objects, patched as their lists arrive: what was planned of the first pages, then page
// after page. At most kEnough objects wait; while they do, no further page is asked for.
class MetadataStream : public change::ChangeSource {
 public:
  static constexpr std::size_t kEnough = 1000;

  // `first` is the plan of what was read already, and outlives this. `planners` are the steps; patches of one
  // object are joined.
  MetadataStream(const kube::Namespace& ns, const change::Plan& first, std::vector<kube::ListPosition> rest,
                 std::vector<ObjectPlanner> planners,
                 std::function<bool(const kube::ObjectMetadata&)> is_set_aside);

  std::optional<change::Change> next_change() override;
  std::optional<kube::Exchange> next_read() override;
  void finish() override { lists_.throw_if_failed(); }
  // What is still to be read may turn out to need nothing.
  [[nodiscard]] std::optional<std::size_t> expected() const override {
    return given_ + waiting_.size() + lists_.remaining();
  }
  [[nodiscard]] std::size_t already_right() const override { return already_right_; }

  // The objects for which `is_set_aside` held: nothing was planned for them.
  [[nodiscard]] const std::vector<kube::ObjectMetadata>& set_aside() const { return set_aside_; }

 private:
  [[nodiscard]] std::optional<change::Change> plan(const kube::ObjectMetadata& object) const;

  change::PlanSource first_;
  std::vector<ObjectPlanner> planners_;
  std::function<bool(const kube::ObjectMetadata&)> is_set_aside_;
  std::deque<kube::ObjectMetadata> waiting_;
  std::vector<kube::ObjectMetadata> set_aside_;
  std::size_t already_right_;
  std::size_t given_;  // Changes, those of the first plan too
  kube::MetadataLists lists_;
};

// What annotate, kots_cleanup or both do to a namespace.
struct MetadataSteps {
  std::vector<ObjectPlanner> planners = {};
  enum class Deletes { no, yes } deletes = Deletes::no;  // KOTS's own objects
  DeleteVolumes delete_volumes = DeleteVolumes::no;
};

// How much of the namespace has to be read before the first write: all of it where somebody is to look at the
// plan, else the first pages.
[[nodiscard]] Extent extent_for(const Context& context);

// Carries out `first`, the plan of the first pages, and what the steps want of the objects on the pages that
// follow; KOTS's own objects among those are deleted at the end, once everything else is done. Throws as
// Executor::run, and what the lists throw. Where `rest` is empty, `first` is all.
void carry_out_stream(Context& context, const change::Plan& first, std::vector<kube::ListPosition> rest,
                      const MetadataSteps& steps);

}  // namespace kots_export::migration
