#include <kots_export/migration/metadata_stream.h>

namespace kots_export::migration {

MetadataStream::MetadataStream(const kube::Namespace& ns, const change::Plan& first,
                               std::vector<kube::ListPosition> rest, std::vector<ObjectPlanner> planners,
                               std::function<bool(const kube::ObjectMetadata&)> is_set_aside)
    : first_(first),
      planners_(std::move(planners)),
      is_set_aside_(std::move(is_set_aside)),
      already_right_(first.already_right),
      given_(first.changes.size()),
      lists_(std::move(rest), ns.name,
             [this](kube::ObjectMetadata object) { waiting_.push_back(std::move(object)); }) {}

std::optional<change::Change> MetadataStream::next_change() {
  if (auto change = first_.next_change()) return change;
  while (!waiting_.empty()) {
    kube::ObjectMetadata object = std::move(waiting_.front());
    waiting_.pop_front();
    if (is_set_aside_(object)) {
      set_aside_.push_back(std::move(object));
    } else if (auto change = plan(object)) {
      ++given_;
      return change;
    } else {
      ++already_right_;
    }
  }
  return std::nullopt;
}

std::optional<kube::Exchange> MetadataStream::next_read() {
  if (waiting_.size() >= kEnough) return std::nullopt;
  return lists_.next();
}

std::optional<change::Change> MetadataStream::plan(const kube::ObjectMetadata& object) const {
  std::optional<change::Change> joined;
  for (const ObjectPlanner& planner : planners_) {
    auto change = planner(object);
    if (!change) continue;
    if (joined) {
      change::join(*joined, std::move(*change));
    } else {
      joined = std::move(change);
    }
  }
  return joined;
}

Extent extent_for(const Context& context) {
  return context.executor.may_stream() ? Extent::first_pages : Extent::whole;
}

void carry_out_stream(Context& context, const change::Plan& first, std::vector<kube::ListPosition> rest,
                      const MetadataSteps& steps) {
  if (rest.empty()) {
    (void)context.executor.run(first);
    return;
  }
  const bool deletes = steps.deletes == MetadataSteps::Deletes::yes;
  MetadataStream stream(
      context.ns, first, std::move(rest), steps.planners,
      [deletes](const kube::ObjectMetadata& object) { return deletes && is_of_kots(object); });
  (void)context.executor.run(stream);
  if (stream.set_aside().empty()) return;
  (void)context.executor.run(plan_deletes(context, stream.set_aside(), steps.delete_volumes));
}

}  // namespace kots_export::migration
