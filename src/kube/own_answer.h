#pragma once

#include <kots_export/kube/transport.h>

// Whether an answer is the API server's own, or that of something on the way: the page of a gateway, a portal
// that wants a sign-in, another server at the same address.
namespace kots_export::kube {

inline constexpr const char* kNotJson = "the answer is not JSON";

// `outcome` of `request`, a read, or the failure that it comes to: a success that is not JSON where JSON was
// wanted, or not what `request.expected` names; a refusal from which callers conclude what is there (403,
// 404, 410) that is no Status.
[[nodiscard]] Outcome believed(const Request& request, Outcome outcome);

}  // namespace kots_export::kube
