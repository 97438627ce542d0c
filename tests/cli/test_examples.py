"""Every example that a --help shows does what it says: it is run, in its order, on an installation and a terminal of its own."""
import re
import shutil
import subprocess
import unittest

from server import DATA, PROGRAM, Server, issue_certificates

# These want a registry, or a run, that is not here: secret_test.cpp and recovery_test.cpp cover what they do.
NEEDS_MORE = ("--verify", "rollback 2026", "show 2026")
# Exit codes that are no failure: diff ends as diff(1) does, validate finds made-up keys and certificates in the sample, and verify a load
# balancer without an address.
GOOD = {"diff": (0, 1), "validate": (0, 1), "verify": (1,)}
# Installations other than that of 3.x.
SEEDS = {"verify": "installation-4.x.yaml"}
# What must have happened before a command's examples make sense.
TRANSFORM = "kots-export transform values-3.x.yaml output/helm-values.yaml --license-file license.txt"
BEFORE = {
    "diff": [TRANSFORM, "cp values-3.x.yaml output/helm-values-v3.yaml"],
    "validate": [TRANSFORM, "cp output/helm-values.yaml values-4.x.yaml"],
    "message": [TRANSFORM],
    "nomad": [TRANSFORM, "cp output/helm-values.yaml values-4.x.yaml"],
    "plan show": ["kots-export plan annotate --out migration.plan"],
    "report": ["kots-export plan annotate --out migration.plan", "kots-export annotate --yes", "kots-export check -o json > verify.json; true"],
    "rollback": ["kots-export annotate --yes", "kots-export kots_cleanup --yes"],
    "secret": ["kots-export secret --docker-username USER --docker-password-file password.txt --force --yes"],
}


def help_of(*words):
    return subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True, check=True).stdout


def commands(*words):
    """The names of the commands below a command, as completion offers them."""
    answer = subprocess.run([PROGRAM, "__complete", "help", *words, ""], capture_output=True, text=True, check=True).stdout
    return [line.partition("\t")[0] for line in answer.splitlines() if not line.startswith(":")]


def every_command():
    """As words: ("plan",), ("plan", "show"), ..."""
    for name in commands():
        yield (name,)
        for below in commands(name):
            yield (name, below)


def takes(name, flag):
    """Whether a command has that flag."""
    return re.search(rf"^ .*{flag}\b", help_of(name), re.MULTILINE) is not None


def examples(*words):
    """Each example as one line; a backslash at its end joins it with the next one."""
    section = help_of(*words).partition("Examples:\n")[2].replace("\\\n", " ")
    return [line.strip() for line in section.splitlines() if line.startswith("  ") and not line.startswith("  #")]


def prepare(server):
    (server.folder / "license.txt").write_text("4x-license\n")
    (server.folder / "corrections.yaml").write_text("smtp: {port: 2525}\n")
    (server.folder / "password.txt").write_text("secret\n")
    (server.folder / "output").mkdir()
    shutil.copy(DATA / "values-3.x.yaml", server.folder / "values-3.x.yaml")


class Examples(unittest.TestCase):
    def run_all(self, name, lines):
        self.assertTrue(lines, f"{name} --help has no examples")
        with Server(seed=SEEDS.get(name, "installation-3.x.yaml")) as server:
            prepare(server)
            if name == "nomad":
                issue_certificates(server.folder)
            for line in BEFORE.get(name, []):
                self.assertEqual(server.shell(line).returncode, 0)
            for line in lines:
                if any(word in line for word in NEEDS_MORE):
                    continue
                with self.subTest(line):
                    code, screen = server.shell_with_a_person(line)
                    good = (0, 3) if "--detailed-exitcode" in line else GOOD.get(name, (0,))
                    self.assertIn(code, good, screen)

    def test_of_the_program(self):
        self.run_all("", examples())

    def test_of_every_command(self):
        self.assertIn(("plan", "show"), list(every_command()))
        for words in every_command():
            with self.subTest(words):
                self.run_all(" ".join(words), examples(*words))

    def test_help_of_a_command_is_its_help_flag(self):
        shown = subprocess.run([PROGRAM, "help", "apply"], capture_output=True, text=True)
        self.assertEqual((shown.returncode, shown.stdout), (0, help_of("apply")))


if __name__ == "__main__":
    unittest.main()
