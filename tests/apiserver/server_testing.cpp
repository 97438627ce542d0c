#include "apiserver/seeds.h"
#include "apiserver/server.h"
#include "apiserver/status.h"
#include "apiserver/wire.h"

#include <thread>

// What tests do to the server: faults, and the paths below /testing/.
namespace kots_export::apiserver {
namespace {

// What a proxy in between answers when its session has run out.
constexpr const char* kSignInPage =
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n"
    "<body><form method=\"post\" action=\"/login\">Please sign in.</form></body></html>\n";

// The real server's answer where a level of priority has no room: no Status.
constexpr int kTooManyRequests = 429;
constexpr const char* kTooManyRequestsText = "Too many requests, please try again later.\n";

}  // namespace

Server::Played Server::play(const Fault& fault, ResponseWriter& answer, LogEntry& entry) {
  std::this_thread::sleep_for(fault.delay);
  if (fault.go_away) answer.go_away();
  if (fault.hold) faults_.hold(answer);
  if (fault.drop || fault.hold) {
    entry.log(0);
    answer.hang_up(fault.breakage);
    throw ConnectionLost();
  }
  if (fault.late.count() >= 0) {
    // Counted from before the client can know until the write is applied.
    entry.held = faults_.count_as_held();
    answer.hang_up(fault.breakage);
    faults_.hold_for(fault.late);
  }
  answer.set_fault(fault.late.count() >= 0 ? AnswerFault::vanish : fault.answer, fault.breakage);
  if (fault.hold_answer) {
    answer.set_observer([this, &answer, &entry, breakage = fault.breakage](int) {
      entry.log(0);
      faults_.hold(answer);
      answer.hang_up(breakage);
      throw ConnectionLost();
    });
  }
  if (fault.retry_after >= 0) answer.set_header("Retry-After", std::to_string(fault.retry_after));
  const int foreign_status = fault.status != 0 ? fault.status : 200;
  if (fault.html) {
    answer.replace_answer({foreign_status, "text/html; charset=utf-8", kSignInPage});
  } else if (!fault.body.empty()) {
    answer.replace_answer({foreign_status, "application/json", fault.body});
  } else if (fault.status == kTooManyRequests) {
    answer.replace_answer({fault.status, "text/plain; charset=utf-8", kTooManyRequestsText});
  } else if (fault.status != 0) {
    const ApiError error = generic(fault.status, "a fault that the test ordered");
    answer.replace_answer({fault.status, "application/json", dump_json(error.to_status())});
  }
  if (fault.after_apply || (!fault.html && fault.body.empty() && fault.status == 0)) return Played::before;
  answer.send(200, {}, {});  // replaced
  return Played::whole;
}

bool Server::serve_testing(const Request& request, ResponseWriter& answer) {
  if (!request.path.starts_with("/testing/")) return false;
  const std::string action = request.method + ' ' + request.path.substr(9);
  Json result = Json::object();
  try {
    if (action == "GET requests") {
      result = requests_.entries();
    } else if (action == "DELETE requests") {
      requests_.clear();
    } else if (action == "POST faults") {
      faults_.add(parse_fault(Json::parse(request.body)));
    } else if (action == "DELETE faults") {
      faults_.clear();
    } else if (action == "GET held") {
      result["held"] = faults_.held();
    } else if (action == "POST compact") {
      cluster_.store.compact();
    } else if (action == "POST seeds") {
      load_seed_text(cluster_, request.body, {});
    } else {
      answer.send(404, "text/plain", "no such testing endpoint\n");
      return true;
    }
  } catch (const ConnectionLost&) {
    throw;
  } catch (const std::exception& error) {
    answer.send(400, "text/plain", std::string(error.what()) + "\n");
    return true;
  }
  answer.send(200, "application/json", dump_json(result));
  return true;
}

}  // namespace kots_export::apiserver
