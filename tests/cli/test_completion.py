"""What a shell offers: the commands and flags that there are, and the contexts, namespaces, releases and runs of this moment."""
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from server import PROGRAM, Server

TOOLS = os.path.expanduser("~/.cache/kots-export/tools")
# kubectl asks its plugins from 1.26 on.
KUBECTL = os.environ.get("KOTS_EXPORT_KUBECTL", f"{TOOLS}/kubectl-1.31")


def answers(server, *words):
    """The candidates without what they mean, and the directive."""
    lines = server.run("__complete", *words).stdout.splitlines()
    return [line.partition("\t")[0] for line in lines[:-1]], lines[-1]


class Complete(unittest.TestCase):
    def test_offers_what_there_is(self):
        with Server() as server:
            server.shell("kots-export annotate --yes")
            runs = answers(server, "rollback", "")
            self.assertEqual(len(runs[0]), 1)
            self.assertEqual(runs, answers(server, "runs", "show", ""))
            self.assertEqual(answers(server, "plan", "--context", ""), (["test"], ":4"))
            self.assertIn("circleci-server", answers(server, "plan", "--namespace", "")[0])
            self.assertEqual(answers(server, "plan", "-n", "circleci-s"), (["circleci-server"], ":4"))
            self.assertEqual(answers(server, "plan", "-n", "circleci-server", "--release-name=c"), (["circleci-server"], ":4"))
            self.assertEqual(answers(server, "annotate", "-n", "elsewhere", "-a", ""), ([], ":4"))
            self.assertIn("pull-secret", answers(server, "check", "--skip-check", "")[0])

    def test_offers_nothing_where_nothing_answers(self):
        with Server() as server:
            for words in (("plan", "--server", "https://127.0.0.1:9", "-n", ""), ("plan", "--kubeconfig", "nowhere", "--context", ""), ("rollback", "--output-dir", "nowhere", "")):
                with self.subTest(words):
                    began = time.monotonic()
                    done = server.run("__complete", *words)
                    self.assertEqual((done.returncode, done.stdout, done.stderr), (0, ":4\n", ""))
                    self.assertLess(time.monotonic() - began, 10)

    def test_writes_nothing(self):
        with Server() as server:
            before = sorted(server.folder.iterdir())
            answers(server, "plan", "-n", "")
            self.assertEqual(sorted(server.folder.iterdir()), sorted({*before, server.folder / "bin"}))


class Terminal:
    """A shell on a terminal, in the folder of a server."""

    def __init__(self, server, *command, **variables):
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(server.folder)
            os.execvpe(command[0], command, {**server.environment(), "TERM": "dumb", "PS1": "> ", **variables})
        self.screen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)
        os.close(self.terminal)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, pattern):
        until = time.monotonic() + 30
        while not re.search(pattern, self.screen):
            if not select.select([self.terminal], [], [], max(0, until - time.monotonic()))[0]:
                raise AssertionError(f"{pattern} does not appear:\n{self.screen}")
            self.screen += os.read(self.terminal, 65536).decode(errors="replace")


CONTEXT = "arn:aws:eks:eu-west-1:12:cluster/prod"
# zsh writes a colon as it has to be typed.
CONTEXT_ON_A_LINE = CONTEXT.replace(":", r"\\?:")
# Each shell begins without the files of a user, and reads the script.
SHELLS = {
    "bash": (("bash", "--norc", "--noprofile", "-i"), "source <(kots-export completion bash)\n"),
    "zsh": (("zsh", "-f", "-i"), "autoload -Uz compinit; compinit -u; source <(kots-export completion zsh)\n"),
    "fish": (("fish", "--no-config", "-i"), "kots-export completion fish | source\n"),
}


class Shells(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.__exit__)
        # Names that shells stumble over: EKS has such ones.
        config = self.server.kubeconfig.read_text()
        self.server.kubeconfig.write_text(config.replace("- name: test\n  context:", f"- name: {CONTEXT}\n  context:").replace("current-context: test", f"current-context: {CONTEXT}"))

    def test_complete_what_is_typed(self):
        lines = (("kots-export kots_c\t", "kots_cleanup"), ("kots-export plan --detailed\t", "--detailed-exitcode"), ("kots-export -n circleci-s\t", "circleci-server"),
                 ("kots-export annotate --dry-run=cl\t", "--dry-run=client"), ("kots-export annotate --dry-run se\t", "server"),
                 ("kots-export annotate --context arn:aws\t", CONTEXT_ON_A_LINE),
                 ("kots-export annotate --context=arn:aws\t", "context=" + CONTEXT_ON_A_LINE), ("kots-export apply kubeco\t", "kubeconfig"))
        for shell, (command, script) in SHELLS.items():
            if shutil.which(shell) is None:
                self.skipTest(f"there is no {shell}")
            for typed, wanted in lines:
                with self.subTest(shell=shell, typed=typed), Terminal(self.server, *command) as terminal:
                    terminal.type(script + "echo rea''dy\n")
                    terminal.wait_for("\nready")
                    terminal.screen = ""
                    terminal.type(typed)
                    terminal.wait_for(wanted)


@unittest.skipUnless(os.path.exists(KUBECTL), "there is no kubectl 1.26 or later: tests/cluster/prepare brings one")
class Kubectl(unittest.TestCase):
    """As a plugin: `kubectl kots-export ...`."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.__exit__)
        commands = self.server.folder / "bin"
        self.variables = self.server.environment()
        (commands / "kubectl-kots_export").symlink_to(PROGRAM)
        (commands / "kubectl_complete-kots_export").symlink_to(PROGRAM)

    def kubectl(self, *words):
        return subprocess.run([KUBECTL, *words], cwd=self.server.folder, env=self.variables, capture_output=True, text=True, timeout=60)

    def test_runs_it(self):
        done = self.kubectl("kots-export", "annotate", "--dry-run=client")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("to patch", done.stdout)

    def test_completes_it(self):
        for words, wanted in ((("kots-export", "kots_c"), "kots_cleanup"), (("kots-export", "annotate", "--dry-run", "s"), "server"), (("kots-export", "plan", "-n", "circleci-s"), "circleci-server"),
                              (("kots-export", "annotate", "--detailed"), "--detailed-exitcode")):
            with self.subTest(words):
                done = self.kubectl("__complete", *words)
                self.assertIn(wanted, [line.partition("\t")[0] for line in done.stdout.splitlines()], done.stderr)
                self.assertEqual(done.stdout.splitlines()[-1], ":4")


if __name__ == "__main__":
    unittest.main()
