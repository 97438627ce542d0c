"""A terminal that a person sits at, for the tests in Python."""
import subprocess
import time


class Tmux:
    """A shell in a tmux of its own, in the folder of `server`. Ends with `with`."""

    def __init__(self, server, width=80, height=24, **environment):
        self.socket = server.folder / "tmux"
        variables = {**server.environment(), "TERM": "xterm", "LANG": "C.UTF-8", "PS1": "$ ", **environment}
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(server.folder), "env", "-i",
                  *(f"{key}={value}" for key, value in variables.items()), "sh")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-S", str(self.socket), *words], check=True, capture_output=True, text=True).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def press(self, key):
        """Ctrl-C is C-c."""
        self.tmux("send-keys", key)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def everything(self):
        """With what has scrolled away; lines that were broken at the margin are whole."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-")

    def cursor_is_shown(self):
        return self.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def expect(self, text):
        return self.wait_for(text, self.screen)

    def expect_anywhere(self, text):
        """Also where it has scrolled away."""
        return self.wait_for(text, self.everything)

    @staticmethod
    def wait_for(text, look):
        until = time.time() + 60
        while text not in (shown := look()):
            if time.time() > until:
                raise AssertionError(f"{text!r} never came:\n{shown}")
            time.sleep(0.05)
        return shown
