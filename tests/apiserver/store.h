#pragma once

#include "apiserver/json.h"
#include "apiserver/resources.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace kots_export::apiserver {

// One version of one object; never changed once it is made, so that readers share it without a lock.
// `body` is what a client sees but for apiVersion and kind, which depend on the version asked for.
class Object {
 public:
  Object(const ResourceType& type, Json body);

  [[nodiscard]] const ResourceType& type() const { return *type_; }
  [[nodiscard]] const Json& body() const { return body_; }
  [[nodiscard]] const std::string& name_space() const { return name_space_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& uid() const { return uid_; }
  [[nodiscard]] std::uint64_t resource_version() const { return resource_version_; }
  // "namespace/name", or "name" of a cluster-scoped object: the order of lists.
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] bool deleting() const;

  // The body and its metadata as JSON text, made once.
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] const std::string& metadata_text() const;

 private:
  const ResourceType* type_;
  Json body_;
  std::string name_space_;
  std::string name_;
  std::string uid_;
  std::string key_;
  std::uint64_t resource_version_ = 0;
  mutable std::once_flag text_once_;
  mutable std::once_flag metadata_once_;
  mutable std::string text_;
  mutable std::string metadata_text_;
};
using ObjectPtr = std::shared_ptr<const Object>;

enum class EventKind { added, modified, removed };

// One write. `object` is the state after it (the last one, for a removal), `previous` the one before.
struct Event {
  EventKind kind = EventKind::added;
  ObjectPtr object;
  ObjectPtr previous;
};

// A list as it was at one moment, sorted by key.
struct Snapshot {
  std::uint64_t resource_version = 0;
  std::vector<ObjectPtr> objects;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// All objects, the counter of writes and the history that watches read. Every function may be called by any
// thread; a write that lost against another one says so by its empty result, and the caller decides anew.
class Store {
 public:
  // `history_limit` is how many writes are remembered for watches and paged lists.
  explicit Store(std::size_t history_limit) : history_limit_(history_limit) {}

  // --- Reading ---
  [[nodiscard]] ObjectPtr get(const ResourceType& type, const std::string& name_space,
                              const std::string& name) const;
  // The objects of one namespace, or of all where it is empty.
  [[nodiscard]] Snapshot list(const ResourceType& type, const std::string& name_space) const;
  [[nodiscard]] ObjectPtr by_uid(const std::string& uid) const;
  // The objects that name `uid` in an ownerReference.
  [[nodiscard]] std::vector<ObjectPtr> dependents(const std::string& uid) const;
  [[nodiscard]] std::uint64_t resource_version() const;
  [[nodiscard]] std::size_t size() const;

  // --- Writing; each gives the object a new resourceVersion ---
  // Returns null where an object of that name is there already.
  ObjectPtr create(const ResourceType& type, Json body);
  // Returns null where `current` is no longer what is stored.
  ObjectPtr replace(const ObjectPtr& current, Json body);
  ObjectPtr remove(const ObjectPtr& current);

  // --- Paged lists ---
  // Keeps a snapshot for the pages that follow; found again by its resourceVersion until it is compacted.
  void keep(const ResourceType& type, const std::string& name_space, SnapshotPtr snapshot);
  [[nodiscard]] SnapshotPtr kept(const ResourceType& type, const std::string& name_space,
                                 std::uint64_t resource_version) const;

  // --- History ---
  // Returns up to `limit` writes after `resource_version`, or nothing where the history no longer goes back
  // so far. Waits for one until `deadline` where there is none yet; an empty result then.
  [[nodiscard]] std::optional<std::vector<Event>> events_after(
      std::uint64_t resource_version, std::size_t limit,
      std::chrono::steady_clock::time_point deadline) const;
  // Forgets the history and every kept snapshot, as etcd's compaction does.
  void compact();
  // Wakes everybody who waits, now and later: the server ends.
  void close();
  [[nodiscard]] bool closed() const;

 private:
  using Objects = std::map<std::string, ObjectPtr>;

  void record(EventKind kind, ObjectPtr object, ObjectPtr previous);
  void index(const Object& object);
  void unindex(const Object& object);

  std::size_t history_limit_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool closed_ = false;
  std::uint64_t counter_ = 1000;
  std::map<const ResourceType*, Objects> objects_;
  std::unordered_map<std::string, ObjectPtr> by_uid_;
  std::unordered_map<std::string, std::set<std::string>> dependents_;  // owner's uid -> dependents' uids
  std::deque<Event> history_;                                          // the last one is number counter_
  std::map<std::tuple<const ResourceType*, std::string, std::uint64_t>, SnapshotPtr> kept_;
};

}  // namespace kots_export::apiserver
