"""kots-export as a process and the in-memory API server beside it, for the tests in Python."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAM = os.environ["KOTS_EXPORT_PROGRAM"]
APISERVER = os.environ["KOTS_EXPORT_APISERVER"]
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"


class Server:
    """A 3.x installation on a server of its own, and a folder to run commands in. Ends with `with`."""

    def __init__(self, *flags):
        self.folder = Path(tempfile.mkdtemp(prefix="kots-export-cli-"))
        self.kubeconfig = self.folder / "kubeconfig"
        words = [APISERVER, "--until-stdin-closes", "--seed", DATA / "installation-3.x.yaml", "--kubeconfig-out", self.kubeconfig, *flags]
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        shutil.rmtree(self.folder)

    def environment(self):
        commands = self.folder / "bin"
        if not commands.exists():
            commands.mkdir()
            (commands / "kots-export").symlink_to(PROGRAM)
        return {"PATH": f"{commands}:/usr/bin:/bin", "HOME": str(self.folder), "KUBECONFIG": str(self.kubeconfig)}

    def shell(self, line):
        return subprocess.run(["sh", "-c", line], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def run(self, *words):
        return subprocess.run([PROGRAM, *map(str, words)], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
