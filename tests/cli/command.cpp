#include "cli/command.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kots_export::test {

namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(std::size_t which) {
    if (ends.at(which) >= 0) ::close(ends.at(which));
    ends.at(which) = -1;
  }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Reads what is there; false at the end of the stream.
bool read_some(int fd, std::string& into) {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

Finished run_program(const Start& start, std::chrono::seconds limit) {
  std::vector<std::string> arguments = {KOTS_EXPORT_PROGRAM};
  arguments.insert(arguments.end(), start.arguments.begin(), start.arguments.end());
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "HOME=" + start.folder.string()};
  for (const auto& [name, value] : start.environment) environment.push_back(name + "=" + value);
  auto argv = pointers(arguments);
  auto envp = pointers(environment);

  Pipe in;
  Pipe out;
  Pipe err;
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setsid();  // the terminal that the tests run on is none of its
    ::dup2(in.ends[0], STDIN_FILENO);
    ::dup2(out.ends[1], STDOUT_FILENO);
    ::dup2(err.ends[1], STDERR_FILENO);
    if (!start.folder.empty() && ::chdir(start.folder.c_str()) != 0) ::_exit(126);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  in.close_end(0);
  out.close_end(1);
  err.close_end(1);
  // Inputs of tests fit into a pipe's buffer (64 KiB on Linux); more would need a writer of its own.
  if (start.input.size() > 60000) throw std::runtime_error("the input of a test is too long for a pipe");
  if (::write(in.ends[1], start.input.data(), start.input.size()) < 0 && errno != EPIPE)
    throw std::runtime_error("cannot write the input");
  in.close_end(1);

  Finished result;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      throw std::runtime_error("kots-export did not end; it printed:\n" + result.out + result.err);
    }
    if (start.meanwhile) start.meanwhile(child);
    std::array<pollfd, 2> wait = {pollfd{out_open ? out.ends[0] : -1, POLLIN, 0},
                                  pollfd{err_open ? err.ends[0] : -1, POLLIN, 0}};
    constexpr int kTickMilliseconds = 5;
    if (::poll(wait.data(), wait.size(), start.meanwhile ? kTickMilliseconds : 1000) <= 0) continue;
    if (wait[0].revents != 0) out_open = read_some(out.ends[0], result.out);
    if (wait[1].revents != 0) err_open = read_some(err.ends[0], result.err);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace kots_export::test
