#include "apiserver/store.h"

#include <tuple>
#include <utility>

namespace kots_export::apiserver {
namespace {

constexpr std::size_t kKeptSnapshots = 256;

// An invalid UTF-8 sequence cannot come in through JSON; `replace` keeps a bad seed from throwing in a
// handler.
std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::vector<std::string> owner_uids(const Object& object) {
  std::vector<std::string> uids;
  for (const Json& owner : member(object.body(), {"metadata", "ownerReferences"})) {
    if (std::string uid = text_member(owner, {"uid"}); !uid.empty()) uids.push_back(std::move(uid));
  }
  return uids;
}

void stamp(Json& body, std::uint64_t version) {
  body["metadata"]["resourceVersion"] = std::to_string(version);
}

}  // namespace

// --- Object ---

Object::Object(const ResourceType& type, Json body) : type_(&type), body_(std::move(body)) {
  body_.erase("apiVersion");
  body_.erase("kind");
  name_space_ = text_member(body_, {"metadata", "namespace"});
  name_ = text_member(body_, {"metadata", "name"});
  uid_ = text_member(body_, {"metadata", "uid"});
  key_ = type.namespaced() ? name_space_ + '/' + name_ : name_;
  const std::string version = text_member(body_, {"metadata", "resourceVersion"});
  if (!version.empty()) resource_version_ = std::stoull(version);
}

bool Object::deleting() const { return member(body_, {"metadata", "deletionTimestamp"}).is_string(); }

const std::string& Object::text() const {
  std::call_once(text_once_, [this] { text_ = dump(body_); });
  return text_;
}

const std::string& Object::metadata_text() const {
  std::call_once(metadata_once_, [this] { metadata_text_ = dump(member(body_, {"metadata"})); });
  return metadata_text_;
}

// --- Reading ---

ObjectPtr Store::get(const ResourceType& type, const std::string& name_space, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto objects = objects_.find(&type);
  if (objects == objects_.end()) return nullptr;
  const auto found = objects->second.find(type.namespaced() ? name_space + '/' + name : name);
  return found == objects->second.end() ? nullptr : found->second;
}

Snapshot Store::list(const ResourceType& type, const std::string& name_space) const {
  const std::lock_guard lock(mutex_);
  Snapshot snapshot;
  snapshot.resource_version = counter_;
  const auto objects = objects_.find(&type);
  if (objects == objects_.end()) return snapshot;
  const Objects& all = objects->second;
  auto first = all.begin();
  auto last = all.end();
  if (!name_space.empty()) {
    first = all.lower_bound(name_space + '/');
    last = all.lower_bound(name_space + static_cast<char>('/' + 1));
  } else {
    snapshot.objects.reserve(all.size());
  }
  for (; first != last; ++first) snapshot.objects.push_back(first->second);
  return snapshot;
}

ObjectPtr Store::by_uid(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? nullptr : found->second;
}

std::vector<ObjectPtr> Store::dependents(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectPtr> objects;
  const auto found = dependents_.find(uid);
  if (found == dependents_.end()) return objects;
  for (const std::string& dependent : found->second) objects.push_back(by_uid_.at(dependent));
  return objects;
}

std::uint64_t Store::resource_version() const {
  const std::lock_guard lock(mutex_);
  return counter_;
}

std::size_t Store::size() const {
  const std::lock_guard lock(mutex_);
  return by_uid_.size();
}

// --- Writing ---

void Store::index(const Object& object) {
  for (const std::string& owner : owner_uids(object)) dependents_[owner].insert(object.uid());
}

void Store::unindex(const Object& object) {
  for (const std::string& owner : owner_uids(object)) {
    const auto found = dependents_.find(owner);
    if (found == dependents_.end()) continue;
    found->second.erase(object.uid());
    if (found->second.empty()) dependents_.erase(found);
  }
}

void Store::record(EventKind kind, ObjectPtr object, ObjectPtr previous) {
  history_.push_back({kind, std::move(object), std::move(previous)});
  if (history_.size() > history_limit_) history_.pop_front();
  changed_.notify_all();
}

ObjectPtr Store::create(const ResourceType& type, Json body) {
  const std::lock_guard lock(mutex_);
  stamp(body, counter_ + 1);
  auto object = std::make_shared<const Object>(type, std::move(body));
  if (!objects_[&type].try_emplace(object->key(), object).second) return nullptr;
  ++counter_;
  by_uid_[object->uid()] = object;
  index(*object);
  record(EventKind::added, object, nullptr);
  return object;
}

ObjectPtr Store::replace(const ObjectPtr& current, Json body) {
  const std::lock_guard lock(mutex_);
  Objects& objects = objects_[&current->type()];
  const auto found = objects.find(current->key());
  if (found == objects.end() || found->second != current) return nullptr;
  stamp(body, ++counter_);
  auto object = std::make_shared<const Object>(current->type(), std::move(body));
  found->second = object;
  by_uid_[object->uid()] = object;
  unindex(*current);
  index(*object);
  record(EventKind::modified, object, current);
  return object;
}

ObjectPtr Store::remove(const ObjectPtr& current) {
  const std::lock_guard lock(mutex_);
  Objects& objects = objects_[&current->type()];
  const auto found = objects.find(current->key());
  if (found == objects.end() || found->second != current) return nullptr;
  objects.erase(found);
  by_uid_.erase(current->uid());
  unindex(*current);
  Json body = current->body();
  stamp(body, ++counter_);
  auto last = std::make_shared<const Object>(current->type(), std::move(body));
  record(EventKind::removed, last, current);
  return last;
}

// --- Paged lists ---

void Store::keep(const ResourceType& type, const std::string& name_space, SnapshotPtr snapshot) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t version = snapshot->resource_version;
  kept_[{&type, name_space, version}] = std::move(snapshot);
  if (kept_.size() > kKeptSnapshots) {
    auto oldest = kept_.begin();
    for (auto it = kept_.begin(); it != kept_.end(); ++it) {
      if (std::get<2>(it->first) < std::get<2>(oldest->first)) oldest = it;
    }
    kept_.erase(oldest);
  }
}

SnapshotPtr Store::kept(const ResourceType& type, const std::string& name_space,
                        std::uint64_t resource_version) const {
  const std::lock_guard lock(mutex_);
  // What the history no longer reaches is compacted away, snapshots too.
  if (resource_version + history_.size() < counter_) return nullptr;
  const auto found = kept_.find({&type, name_space, resource_version});
  return found == kept_.end() ? nullptr : found->second;
}

// --- History ---

std::optional<std::vector<Event>> Store::events_after(std::uint64_t resource_version, std::size_t limit,
                                                      std::chrono::steady_clock::time_point deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return closed_ || counter_ > resource_version; });
  std::vector<Event> events;
  if (counter_ <= resource_version) return events;
  const std::uint64_t missing = counter_ - resource_version;
  if (missing > history_.size()) return std::nullopt;
  for (std::size_t i = history_.size() - missing; i < history_.size() && events.size() < limit; ++i) {
    events.push_back(history_[i]);
  }
  return events;
}

void Store::compact() {
  const std::lock_guard lock(mutex_);
  history_.clear();
  kept_.clear();
}

void Store::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool Store::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace kots_export::apiserver
