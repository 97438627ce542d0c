"""kots-export as a process and the in-memory API server beside it, for the tests in Python."""
import json
import os
import pty
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAM = os.environ["KOTS_EXPORT_PROGRAM"]
APISERVER = os.environ["KOTS_EXPORT_APISERVER"]
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"


def issue_certificates(folder):
    """What the Nomad terraform makes: server.pem, server-key.pem and ca.pem, and all of it in terraform.json."""
    def openssl(line):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)
    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    openssl(f"req -x509 {key} -keyout ca-key.pem -out ca.pem -subj /CN=nomad-ca -days 30")
    openssl(f"req {key} -keyout server-key.pem -out server.csr -subj /CN=nomad")
    (folder / "server.ext").write_text("subjectAltName=DNS:server.global.nomad\n")
    openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 30 -extfile server.ext -out server.pem")
    files = {"nomad_server_cert": "server.pem", "nomad_server_key": "server-key.pem", "nomad_tls_ca": "ca.pem"}
    module = {name: (folder / file).read_text() for name, file in files.items()}
    (folder / "terraform.json").write_text(json.dumps({"nomad": {"sensitive": True, "type": "object", "value": module}}))


class Server:
    """An installation on a server of its own, and a folder to run commands in. Ends with `with`."""

    def __init__(self, *flags, seed="installation-3.x.yaml"):
        self.folder = Path(tempfile.mkdtemp(prefix="kots-export-cli-"))
        self.kubeconfig = self.folder / "kubeconfig"
        self.network = {"HTTPS_PROXY": "http://127.0.0.1:9"}  # no way to the internet: nobody listens there
        words = [APISERVER, "--until-stdin-closes", "--seed", DATA / seed, "--kubeconfig-out", self.kubeconfig, *flags]
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
            # Of terraform, what `terraform output -json` prints.
            (commands / "terraform").write_text("#!/bin/sh\ncat terraform.json\n")
            (commands / "terraform").chmod(0o755)
        return {"PATH": f"{commands}:/usr/bin:/bin", "HOME": str(self.folder), "KUBECONFIG": str(self.kubeconfig), **self.network}

    def shell(self, line):
        """Runs a line without a terminal."""
        return self.without_terminal(["sh", "-c", line])

    def run(self, *words):
        return self.without_terminal([PROGRAM, *map(str, words)])

    def without_terminal(self, words):
        return subprocess.run(words, cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, start_new_session=True)

    def shell_with_a_person(self, line):
        """Runs a line on a terminal before which somebody sits who takes every default and says yes. Returns exit code and screen."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve("/bin/bash", ["bash", "-c", line], self.environment())
        screen = b""
        try:
            while chunk := os.read(terminal, 65536):
                screen += chunk
                if screen.endswith(b"details] "):
                    os.write(terminal, b"y\n")
                elif screen.endswith(b"]: "):
                    os.write(terminal, b"\n")
        except OSError:  # the other end is closed
            pass
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), screen.decode()
