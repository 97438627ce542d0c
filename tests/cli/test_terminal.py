"""Colour is for terminals: here one is, unlike in the tests of gtest."""
import os
import pty
import subprocess
import unittest

from server import PROGRAM, Server


def on_a_terminal(server, *words, **environment):
    """Standard output of a command that has a terminal there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([PROGRAM, *words], cwd=server.folder, env={**server.environment(), "TERM": "xterm", **environment},
                          stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 65536):
                output += chunk
        except OSError:  # the other end is closed
            pass
        process.wait()
    os.close(ours)
    return output.decode()


class Terminal(unittest.TestCase):
    def test_plan_is_coloured_on_a_terminal_alone(self):
        with Server() as server:
            self.assertIn("\x1b[33m~ patch Deployment frontend\x1b[0m", on_a_terminal(server, "plan", "annotate"))
            self.assertNotIn("\x1b", on_a_terminal(server, "plan", "annotate", NO_COLOR="1"))
            self.assertNotIn("\x1b", on_a_terminal(server, "plan", "annotate", TERM="dumb"))
            self.assertNotIn("\x1b", on_a_terminal(server, "plan", "annotate", "-o", "json"))


if __name__ == "__main__":
    unittest.main()
