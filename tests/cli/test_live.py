"""What is shown of a run that goes on: on a terminal, in a pipe, for programs; and that no secret is ever shown."""
import base64
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from server import PROGRAM, Server
from tmux import Tmux

RUN = "kots-export -n circleci-server --license-file license.txt --yes"
WORDS = RUN.split()[1:]
# One change after the other, so slowly that each state can be seen.
SLOWLY = ("--fault", "writes delay=120 path=/circleci-server/")
IN_ORDER = " --concurrency 1"
LICENSE = "4.x-license-hunter2"


def installation(*flags):
    server = Server(*flags)
    (server.folder / "license.txt").write_text(LICENSE + "\n")
    os.chmod(server.folder / "license.txt", 0o600)
    return server


def on_a_terminal(server, words, **environment):
    """Everything that a command writes to its terminal, byte by byte."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(server.folder)
        os.execve(PROGRAM, [PROGRAM, *words], {**server.environment(), "TERM": "xterm", "LANG": "C.UTF-8", **environment})
    output = b""
    try:
        while chunk := os.read(terminal, 65536):
            output += chunk
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    os.waitpid(child, 0)
    return output.decode()


def deletions(text):
    return re.findall(r"^- delete .*?$", text, re.MULTILINE)


@unittest.skipUnless(shutil.which("tmux"), "there is no tmux")
class AtATerminal(unittest.TestCase):
    def test_the_steps_fill_in_and_stay(self):
        with installation(*SLOWLY) as server, Tmux(server) as terminal:
            terminal.type(RUN + IN_ORDER)
            screen = terminal.expect("changes,")
            self.assertRegex(screen, r"✓ checks +[0-9.]+ s +\d+ checks")
            self.assertRegex(screen, r"apply +[0-9.]+ s +\[⣿*⣀+\] \d+ of 35 changes, \d+/s, \d+ s left")
            self.assertRegex(screen, r"\n  flyway\n  postgres\n  message\n")
            terminal.expect_anywhere("rollback restores: what KOTS had")
            everything = terminal.everything()
            self.assertIn("circle-migrator | ", everything)
            for step in ("checks", "export", "apply", "flyway", "postgres"):
                self.assertEqual(len(re.findall(rf"^✓ {step} ", everything, re.MULTILINE)), 1, everything)
            self.assertRegex(everything, r"\ndone: .* \([0-9.]+ s\)\njournal: .*\nlog: \./logs/kots-export-")

    def test_a_resize_loses_nothing(self):
        # A piece of the old list may stay: in so low a window its broken rows have left the screen.
        with installation(*SLOWLY) as server, Tmux(server, 120, 40) as terminal:
            terminal.type("clear; " + RUN + IN_ORDER)
            terminal.expect("changes,")
            terminal.resize(40, 12)
            terminal.expect("/35")
            terminal.resize(100, 30)
            terminal.expect_anywhere("rollback restores: what KOTS had")
            everything = terminal.everything()
            shown = deletions(everything)
        self.assertEqual(len(shown), len(set(shown)))
        self.assertGreater(len(shown), 10)
        for line in ("3.x values: ", "values for Server 4: ", "apply: 23 to patch"):
            self.assertEqual(everything.count("\n" + line), 1, everything)

    def test_a_window_that_gets_narrower_and_wider_again_shows_everything(self):
        # tmux joins again what it has broken, and says that it is there.
        with installation(*SLOWLY) as server, Tmux(server, 80, 40, TMUX="here") as terminal:
            terminal.type("clear; " + RUN + IN_ORDER)
            terminal.expect("changes,")
            for width in (40, 80, 30, 80):
                terminal.resize(width, 40)
                time.sleep(0.4)
            terminal.expect_anywhere("rollback restores: what KOTS had")
            everything = terminal.everything()
        for line in ("namespace: ", "3.x values: ", "values for Server 4: ", "apply: 23 to patch"):
            self.assertEqual(everything.count("\n" + line), 1, everything)
        self.assertEqual(len(re.findall("✓ checks", everything)), 1, everything)

    def test_forty_columns_and_no_utf8(self):
        with installation(*SLOWLY) as server, Tmux(server, 40, 20, LANG="C") as terminal:
            terminal.type("clear; " + RUN + IN_ORDER)
            screen = terminal.expect("/35")
            self.assertIn("* checks", screen)
            self.assertTrue(screen.isascii(), screen)
            terminal.expect_anywhere("11. Tell the team")

    def test_a_server_that_hangs_is_named_and_ctrl_c_leaves_the_terminal_clean(self):
        with installation("--fault", "hold method=PATCH path=/deployments/frontend") as server, Tmux(server) as terminal:
            terminal.type(RUN)
            terminal.expect("(PATCH Deployment frontend)")
            self.assertRegex(terminal.screen(), r"no answer for \d+ s")
            terminal.press("C-c")
            terminal.expect("stopping: 1 request in flight; Ctrl-C again ends at once")
            terminal.press("C-c")
            terminal.expect("Run the same command again to go on")
            self.assertRegex(terminal.everything(), r"\nlog: \./logs/kots-export-")
            terminal.type("echo it is $((1+1))")
            self.assertIn("\n$ echo it is", terminal.expect("\nit is 2\n"))
            self.assertTrue(terminal.cursor_is_shown())

    def test_the_end_of_a_run_that_was_stopped_says_what_is_left(self):
        # The lock is slow to be given back, which is no part of the step.
        with installation(*SLOWLY, "--fault", "delay=3000 method=DELETE path=/leases/") as server, Tmux(server, 120, 40) as terminal:
            terminal.type("clear; " + RUN + IN_ORDER)
            terminal.expect("changes,")
            terminal.press("C-c")
            terminal.expect("Run the same command again to go on")
            everything = terminal.everything()
        step, whole = (float(re.search(pattern, everything)[1]) for pattern in (r"✗ apply +([0-9.]+) s", r"not sent \d+ \(([0-9.]+) s\)"))
        self.assertLessEqual(step, whole, everything)
        self.assertRegex(everything, r"\n✗ apply .* \d+ of 35 changes *\n  flyway +not begun *\n  postgres +not begun *\n")
        self.assertRegex(everything, r"\ndone \d+, refused 0, unknown 0, not sent \d+ \([0-9.]+ s\); ")
        self.assertRegex(everything, r"\njournal: .*\nlog: \./logs/kots-export-")

    def test_a_pager_is_not_drawn_over(self):
        with installation("--fault", "delay=150 method=GET path=/statefulsets") as server, Tmux(server) as terminal:
            terminal.type("clear; kots-export plan -n circleci-server --license-file license.txt | less; echo ended")
            terminal.expect("workloads: ")
            terminal.press("G")
            screen = terminal.expect("(END)")
            self.assertNotIn("==>", screen)
            self.assertNotIn("note:", screen)
            terminal.press("q")
            everything = terminal.expect("ended")
            self.assertIn("==> postgres", everything)

    def test_a_question_stands_alone(self):
        with installation() as server, Tmux(server) as terminal:
            terminal.type("clear; kots-export annotate -n circleci-server")
            screen = terminal.expect("[y/N/d = details]")
            self.assertNotIn("✓", screen)
            terminal.type("y")
            terminal.expect("done: ")
            self.assertRegex(terminal.screen(), r"✓ annotate .* done in apply\n✓ apply ")

    def test_after_a_no_nothing_looks_done(self):
        with installation() as server, Tmux(server) as terminal:
            terminal.type("clear; kots-export kots_cleanup -n circleci-server")
            terminal.expect("[y/N/d = details]")
            terminal.type("n")
            self.assertNotIn("kots_cleanup  0", terminal.expect("Cancelled; nothing was changed."))


class Bytes(unittest.TestCase):
    CURSOR = "\x1b[?7l"
    COLOUR = re.compile("\x1b\\[[0-9;]*m")

    def test_what_a_terminal_gets_depends_on_what_it_can(self):
        ways = ((WORDS, {}, True, True), (WORDS, {"NO_COLOR": "1"}, True, False), (WORDS, {"TERM": "dumb"}, False, False), ([*WORDS, "--progress", "plain"], {}, False, True))
        for words, environment, moves, colours in ways:
            with self.subTest(words=words, **environment), installation() as server:
                output = on_a_terminal(server, words, **environment)
                self.assertIn("done: ", output)
                self.assertEqual(self.CURSOR in output, moves)
                self.assertEqual(self.COLOUR.search(output) is not None, colours)
                if not moves and not colours:
                    self.assertNotIn("\x1b", output)

    def test_without_a_terminal_every_line_has_its_time_and_no_control_character(self):
        with installation() as server:
            done = server.run(*WORDS)
            self.assertEqual(done.returncode, 0, done.stderr)
            for line in done.stderr.splitlines():
                self.assertRegex(line, r"^\d\d:\d\d:\d\d [^\x00-\x1f]*$")

    def test_tty_without_a_terminal_is_refused(self):
        with installation() as server:
            done = server.run(*WORDS, "--progress", "tty")
            self.assertEqual(done.returncode, 2)
            self.assertIn("--progress tty has nothing to paint on", done.stderr)


class Verbosity(unittest.TestCase):
    def test_quiet_is_errors_and_results(self):
        with installation() as server:
            done = server.run(*WORDS, "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, r"\Adone: .*\njournal: .*\nlog: .*\n\Z")
            self.assertIn("Next steps", done.stdout)
            failed = server.run("plan", "-n", "nowhere", "--license-file", "license.txt", "-q")
            self.assertTrue(failed.stderr.startswith("error: "), failed.stderr)

    def test_quiet_and_verbose_contradict_each_other(self):
        with installation() as server:
            self.assertEqual(server.run(*WORDS, "-q", "-v").returncode, 2)

    def test_each_v_shows_more(self):
        lines = {}
        for flags in ((), ("-v",), ("-vv",), ("-vvv",)):
            with installation() as server:
                lines[flags] = server.run(*WORDS, *flags).stderr
        patch = "~ patch Deployment frontend"
        request = "PATCH /apis/apps/v1/namespaces/circleci-server/deployments/frontend?"
        body = '> {"metadata":'
        self.assertNotIn(patch, lines[()])
        self.assertIn(patch, lines[("-v",)])
        self.assertNotIn(request, lines[("-v",)])
        self.assertIn(request, lines[("-vv",)])
        self.assertNotIn(body, lines[("-vv",)])
        self.assertIn(body, lines[("-vvv",)])

    def test_events_are_json_lines(self):
        with installation() as server:
            done = server.run(*WORDS, "--log-format", "json", "-vvv")
            events = [json.loads(line) for line in done.stderr.splitlines()]
            self.assertLessEqual({"target", "stepStarted", "stepDone", "planned", "changeDone", "checkDone", "log", "notice", "request", "fileWritten", "job", "done"},
                                 {event["event"] for event in events})
            failed = server.run("plan", "-n", "nowhere", "--license-file", "license.txt", "--log-format", "json")
            last = json.loads(failed.stderr.splitlines()[-1])
            self.assertEqual((last["event"], last["exitCode"]), ("error", failed.returncode))

    def test_with_quiet_only_the_end_is_an_event(self):
        with installation() as server:
            done = server.run(*WORDS, "--log-format", "json", "--quiet")
            self.assertEqual([json.loads(line)["event"] for line in done.stderr.splitlines()], ["done"])

    def test_the_words_of_a_second_signal_are_an_event_too(self):
        with installation("--fault", "hold method=PATCH path=/deployments/frontend") as server:
            run = subprocess.Popen([PROGRAM, *WORDS, "--log-format", "json"], cwd=server.folder, env=server.environment(), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            events = []
            with run:
                for line in run.stderr:
                    events.append(json.loads(line))
                    if sum(event["event"] == "changeDone" for event in events) == 1 and events[-1]["event"] == "changeDone":
                        time.sleep(0.5)  # until the one that is held is in flight
                        run.send_signal(signal.SIGINT)
                    if events[-1].get("id") == "executor.stopping":
                        run.send_signal(signal.SIGTERM)
            self.assertEqual(events[-1]["event"], "endedAtOnce")
            self.assertTrue(os.path.exists(server.folder / events[-1]["journal"]), events[-1])


# What is in the installation's Secrets (tests/data/installation-3.x.yaml); "H4sI" is how Helm's records begin in base64.
CLEAR = ("registry-pass", "p@ss w0rd", "primaryKeyId", "$2a$10$madeup", "session-key", "bGljZW5zZTpsaWNlbnNl", "H4sIA", LICENSE, "hunter2-token", "in-a-configmap")


def hidden():
    """In clear and in base64, wherever in a longer text it begins."""
    for clear in CLEAR:
        yield clear
        for before in range(3):
            coded = base64.b64encode(b"x" * before + clear.encode()).decode()[4 if before else 0:-4]
            if len(coded) > 7:
                yield coded


class NoSecretIsShown(unittest.TestCase):
    def test_however_loud_a_run_is(self):
        for form in ("text", "json"):
            with self.subTest(form), tempfile.NamedTemporaryFile("w", suffix=".yaml") as more:
                more.write("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: telegraf, namespace: circleci-server, labels: {kots.io/app-slug: circleci-server}}\n"
                           "data: {telegraf.conf: in-a-configmap}\n")
                more.flush()
                with installation("--token", "hunter2-token=admin:system:masters", "--seed", more.name) as server:
                    for words in (WORDS, ["rollback", "--yes"], ["plan", "-n", "circleci-server", "--license-file", "license.txt"]):
                        done = server.run(*words, "-vvv", "--log-format", form, "--token", "hunter2-token")
                        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
                        self.assertIn("/api/v1/namespaces/circleci-server/secrets", done.stderr)
                        for secret in hidden():
                            self.assertNotIn(secret, done.stderr, f"{words} shows {secret}")


if __name__ == "__main__":
    unittest.main()
