#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/kube/transport.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace kots_export::kube {

// Below it are questions, asked by POST: they change nothing, and may be asked again.
inline constexpr std::string_view kReviewsPath = "/apis/authorization.k8s.io/";
inline constexpr std::string_view kIdentityPath = "/apis/authentication.k8s.io/";

// Stands between a source and the transport and repeats failed requests as RetryPolicy says. The inner source
// sees each exchange's last outcome only. A stream that has given data is never repeated.
class RetryingSource : public RequestSource {
 public:
  // `reached` is kept between runs: whether the server has answered before.
  RetryingSource(RequestSource& inner, RetryPolicy policy, std::function<bool()> interrupted, bool& reached);

  std::optional<Exchange> next() override;
  std::optional<std::chrono::steady_clock::time_point> wake_at() override;
  Flow tick() override;
  [[nodiscard]] std::optional<Retry> next_retry() const override;

 private:
  struct Attempt {
    Exchange exchange;
    int number = 1;
    bool got_data = false;
    std::optional<std::chrono::steady_clock::time_point> deadline;
    bool ends_at_deadline = false;  // the last try: it got what was left
    std::string why_again;          // the last try was not the last
  };
  using Waiting = std::pair<std::chrono::steady_clock::time_point, std::shared_ptr<Attempt>>;

  Exchange start(const std::shared_ptr<Attempt>& attempt);
  [[nodiscard]] bool may_repeat(const Attempt& attempt, const Outcome& outcome) const;
  [[nodiscard]] std::chrono::milliseconds delay_for(const Attempt& attempt, const Outcome& outcome);

  RequestSource& inner_;
  RetryPolicy policy_;
  std::function<bool()> interrupted_;
  bool& reached_;
  std::optional<TransportFailure> unreachable_;  // how the first try to connect ended
  std::vector<Waiting> waiting_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace kots_export::kube
