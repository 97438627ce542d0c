"""What holds for every command, whatever it does. The list of commands is the program's own."""
import os
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from server import DATA, PROGRAM, Server, issue_certificates
from test_examples import commands, takes

LICENSE = "--license 4x-license"
# What makes a command do its work and print something; a command that is not here does without arguments.
ARGUMENTS = {
    "run": f"{LICENSE} --yes",
    "secret": "--docker-username u --docker-password p --force --yes",
    "export": "-",
    "transform": f"values-3.x.yaml - {LICENSE}",
    "nomad": "--terraform-output terraform.json",
    "plan": LICENSE,
    "report": "-o markdown",
    "apply": "migration.plan --yes",
    "config": "view",
    "validate": "values-3.x.yaml",
    "diff": "values-3.x.yaml other.yaml",
    "completion": "bash",
}
# The same, to a file: of the commands that write one and change nothing.
TO_A_FILE = {"export": ("", "3.yaml"), "transform": (LICENSE, f"values-3.x.yaml 4.yaml {LICENSE}", f"- 4.yaml {LICENSE} < values-3.x.yaml")}
# What must have happened before.
BEFORE = {
    "apply": [f"kots-export plan {LICENSE} --out migration.plan"],
    "report": ["kots-export annotate --yes"],
    "rollback": ["kots-export annotate --yes"],
    "runs": ["kots-export annotate --yes"],
    "message": [f"kots-export transform values-3.x.yaml output/helm-values.yaml {LICENSE}"],
    "nomad": [f"kots-export transform values-3.x.yaml output/helm-values.yaml {LICENSE}"],
    "transform": ["mkdir output", "cp values-3.x.yaml output/helm-values-v3.yaml"],
}
# Exit codes that are no failure.
GOOD = {"diff": (1,), "validate": (1,), "verify": (1,)}


def prepared(server, name):
    shutil.copy(DATA / "values-3.x.yaml", server.folder / "values-3.x.yaml")
    (server.folder / "other.yaml").write_text("a: 1\n")
    if name == "nomad":
        issue_certificates(server.folder)
    for line in BEFORE.get(name, []):
        done = server.shell(line)
        assert done.returncode == 0, done.stderr
    return server


def line_of(name, arguments=None, first=""):
    """`first` comes before the arguments: they may end with a redirection."""
    return f"kots-export {name} {first} {ARGUMENTS.get(name, '') if arguments is None else arguments}"


def everything_in(folder):
    """Each file and folder with all that a write would change."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        found[path] = (status.st_mode, status.st_mtime_ns, status.st_ino, status.st_size)
    return found


def wait_until_it_waits(pid):
    """Until the process catches SIGTERM and then sleeps in the kernel."""
    while True:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        if int(status["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1 and status["State"].split()[0] == "S":
            return


class EveryCommand(unittest.TestCase):
    def test_writes_nothing_at_all_in_a_dry_run(self):
        self.assertIn("transform", commands())
        for name in commands():
            with Server() as server:
                prepared(server, name)
                server.shell("true")  # makes its own folder of programs
                before = everything_in(server.folder)
                for arguments in (None, *TO_A_FILE.get(name, ())):
                    for how in ("--dry-run=client", "--dry-run=server") if takes(name, "--dry-run") else ("",):
                        line = line_of(name, arguments, how)
                        with self.subTest(line):
                            done = server.shell(line)
                            self.assertIn(done.returncode, GOOD.get(name, (0,)), done.stderr)
                            self.assertEqual(everything_in(server.folder), before)

    def test_fails_where_standard_output_is_full_or_closed(self):
        for name in commands():
            with Server() as server:
                prepared(server, name)
                line = line_of(name, first="--dry-run=client" if takes(name, "--dry-run") else "")
                self.assertNotEqual(server.shell(line).stdout, "", f"{line} prints nothing: this test says nothing of it")
                for where in (">/dev/full", ">&-", "<&- >&-"):
                    with self.subTest(line + where):
                        done = server.shell(f"{line} {where}")
                        self.assertEqual(done.returncode, 2 if name == "diff" else 1, done.stderr)
                        self.assertIn("cannot write to standard output", done.stderr)

    def test_goes_on_where_standard_output_is_full_or_closed(self):
        for where in (">/dev/full", ">&-", "<&- >&-", "<&- >&- 2>&-"):
            with Server() as server, self.subTest(where):
                self.assertEqual(server.shell(f"{line_of('run')} {where}").returncode, 1)
                self.assertIn(" complete ", server.shell("kots-export runs").stdout)

    def test_takes_no_next_word_for_a_value_that_is_missing(self):
        with Server() as server:
            for flag in ("--namespace=", "--release-name=", "-n ''", "-a ''", "-n=", "-a=", "--namespace=''", "--release-name ''"):
                for name in ("", *(name for name in commands() if takes(name, "--release-name"))):
                    with self.subTest(f"{flag} {name}"):
                        done = server.shell(f"kots-export {flag} {name}")
                        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                        self.assertIn("error: --", done.stderr)
            # kubectl takes it for the current context; where a variable is not set, that is another cluster than was meant.
            self.assertEqual(server.shell("kots-export --context= config view").returncode, 2)
            self.assertIn("namespace: ci, ", server.shell("kots-export annotate -n=ci --dry-run=client").stderr)


class Pipes(unittest.TestCase):
    def test_are_written_straight_through(self):
        for to in ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            for how in ("| cat", "> out.yaml; cat out.yaml", ">> out.yaml; cat out.yaml"):
                with Server() as server, self.subTest(to + how):
                    prepared(server, "")
                    done = server.shell(f"kots-export transform values-3.x.yaml {to} {LICENSE} {how}")
                    self.assertIn("\n  license: 4x-license\n", done.stdout, done.stderr)
                    self.assertEqual(sorted(path.name for path in server.folder.iterdir() if "yaml" in path.name),
                                     ["other.yaml", *(["out.yaml"] if "out" in how else []), "values-3.x.yaml"])

    def test_by_name_stay_what_they_are(self):
        with Server() as server:
            prepared(server, "")
            for pipe in ("in", "out"):
                os.mkfifo(server.folder / pipe, 0o644)
                os.chmod(server.folder / pipe, 0o644)
            done = server.shell(f"cat values-3.x.yaml > in & kots-export transform in out {LICENSE} & cat out; wait")
            self.assertIn("\n  license: 4x-license\n", done.stdout, done.stderr)
            self.assertEqual(server.shell("stat -c '%F %a' in out").stdout, "fifo 644\n" * 2)
            self.assertEqual(server.shell("ls out.* .out.*").stdout, "")
            done = server.shell("kots-export export out & cat out; wait")
            self.assertIn("domainName: ", done.stdout, done.stderr)

    def test_without_another_end_are_given_up_at_the_first_signal(self):
        with Server() as server:
            prepared(server, "")
            os.mkfifo(server.folder / "pipe")
            for words in (("values-3.x.yaml", "pipe"), ("pipe", "4.yaml"), ("-", "4.yaml")):
                with self.subTest(words):
                    words = [PROGRAM, "transform", *words, *LICENSE.split()]
                    process = subprocess.Popen(words, cwd=server.folder, env=server.environment(), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
                    wait_until_it_waits(process.pid)
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(process.wait(timeout=20), 130)
                    process.stdin.close()

    def test_do_not_mix_values_and_a_document(self):
        with Server() as server:
            prepared(server, "")
            done = server.shell(f"kots-export transform values-3.x.yaml /dev/stdout {LICENSE} -o json")
            self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main()
