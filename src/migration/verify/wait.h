#pragma once

#include <kots_export/migration/context.h>

#include <chrono>

namespace kots_export::migration {

// Waits until the newest revision of the release is deployed and all workloads are ready, for `patience` at
// most; tells the observer what it waits for each time that changes. Ends at once where waiting is no use: a
// release that failed, or one of 3.x that no Helm is at work on; what is left are workloads that failed, or
// that wait for the workflows' data; or what this user may not read. Where a connection is cut, or the
// server answers that it is in trouble, that is tried again until `patience` is over. What it knew of
// releases the context reads again. Throws ApiError, ConnectionError, Interrupted.
void wait_for_upgrade(Context& context, std::chrono::milliseconds patience);

}  // namespace kots_export::migration
