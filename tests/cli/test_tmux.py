"""A person at a terminal of 80x24: the question comes there however the command's streams are redirected, and is asked once."""
import os
import shutil
import unittest

from server import Server
from tmux import Tmux

QUESTION = "Change namespace circleci-server on"


@unittest.skipUnless(shutil.which("tmux"), "there is no tmux")
class AtATerminal(unittest.TestCase):
    def is_unchanged(self, server):
        return server.run("plan", "annotate", "--detailed-exitcode").returncode == 3

    def test_the_question_is_asked_wherever_the_streams_go(self):
        ways = ("kots-export annotate", "kots-export annotate </dev/null", "kots-export annotate >out.txt 2>err.txt </dev/null", "kots-export annotate 2>&1 | cat",
                "yes | kots-export annotate", "kots-export annotate 2>err.txt | tee out.txt")
        for way in ways:
            with self.subTest(way), Server() as server, Tmux(server) as terminal:
                terminal.type(f"{way}; echo ended")
                screen = terminal.expect(QUESTION)
                self.assertNotIn("\nended", screen)
                self.assertTrue(self.is_unchanged(server))
                terminal.type("n")
                terminal.expect("\nended")
                self.assertTrue(self.is_unchanged(server))
                self.assertFalse((server.folder / "backup").exists())

    def test_yes_at_the_terminal_counts_where_the_streams_go_elsewhere(self):
        with Server() as server, Tmux(server) as terminal:
            terminal.type("kots-export annotate >out.txt 2>err.txt </dev/null; echo ended with $?")
            terminal.expect(QUESTION)
            terminal.type("y")
            terminal.expect("\nended with 0")
            self.assertFalse(self.is_unchanged(server))

    def test_the_whole_question_fits_on_the_screen(self):
        with Server() as server, Tmux(server) as terminal:
            (server.folder / "license.txt").write_text("4.x-license\n")
            os.chmod(server.folder / "license.txt", 0o600)
            terminal.type("clear; kots-export -n circleci-server -a circleci-server --license-file license.txt")
            screen = terminal.expect(QUESTION)
            self.assertIn("The database migration cannot be undone.", screen.replace("\n", " "))
            self.assertIn("to patch", screen)
            terminal.type("d")
            terminal.expect("label app.kubernetes.io/managed-by")
            terminal.type("n")
            terminal.expect("Cancelled; nothing was changed.")

    def test_a_pager_shows_the_plan(self):
        with Server() as server, Tmux(server) as terminal:
            terminal.type("kots-export plan annotate 2>/dev/null | less; echo ended")
            terminal.expect("patch ConfigMap")
            terminal.press("q")
            terminal.expect("ended")

    def test_without_a_terminal_nobody_is_asked(self):
        with Server() as server:
            for way in ("kots-export annotate", "yes | kots-export annotate", "echo y | kots-export annotate 2>&1 | cat; exit 2"):
                done = server.shell(way)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("nobody can be asked", done.stdout + done.stderr)
            self.assertTrue(self.is_unchanged(server))


if __name__ == "__main__":
    unittest.main()
