"""Each set-up of cases.py through the real kubectl and through kots-export: what they read, and who came to the server.

usage: suite.py PROGRAM KUBECTL DOCS [CASE...]     exit code 0: the same but for what DOCS explains
"""
import base64
import concurrent.futures
import json
import os
import re
import socket
import ssl
import string
import subprocess
import sys
import tempfile

import cases
import pki
import recorder

SERVERS = {
    "good": {}, "good6": {"family": socket.AF_INET6}, "plain": {"tls": None}, "strict": {"clients": ssl.CERT_REQUIRED},
    "tls11": {"newest": ssl.TLSVersion.TLSv1_1},
    **{name: {"tls": name} for name in ("expired", "not-yet", "other-host", "common-name", "unknown")}}
PROXIES = {"http-proxy": (recorder.HttpProxy, None), "https-proxy": (recorder.HttpProxy, "good"),
           "unknown-proxy": (recorder.HttpProxy, "unknown"), "socks-proxy": (recorder.SocksProxy, None)}


class Words(string.Template):
    idpattern = "(?a:[a-zA-Z0-9][-.a-zA-Z0-9]*)"
    pattern = r"\$(?:(?P<escaped>\$)|(?P<named>DIR|PKI)|\{(?P<braced>(?a:[a-z0-9][-.a-z0-9]*))\}|(?P<invalid>(?!)))"


def certificate_words(folder):
    """${ca}, ${client-ec}, ${client-ec-key}: base64; .pem and .json: the text, plain and inside a JSON string."""
    texts = {}
    for file in os.listdir(folder):
        name, kind = os.path.splitext(file)
        if kind in (".crt", ".key"):
            with open(os.path.join(folder, file)) as source:
                texts[name + ("-key" if kind == ".key" else "")] = source.read()
    texts["ca"] = texts["server-ca"]
    texts["two-cas"] = "# the old one\n" + texts["other-ca"] + texts["server-ca"]
    words = {}
    for name, text in texts.items():
        words[name] = base64.b64encode(text.encode()).decode()
        words[name + ".pem"] = text
        words[name + ".json"] = json.dumps(text)[1:-1]
    words["ca-lines"] = "\\n".join(re.findall(".{1,64}", words["ca"]))
    return words


class Setup:
    """One case on disk, with the servers that its texts name."""

    def __init__(self, case, certificates, program, kubectl):
        self.case, self.program, self.kubectl = case, program, kubectl
        self.pki, self.words = certificates
        self.folder = tempfile.mkdtemp(prefix="kots-export-kubeconfig-")
        self.records = []
        self.listeners = []
        self.ports = {"DIR": self.folder, "PKI": self.pki}
        files = dict(case.files)
        if case.config is not None:
            files[".kube/config"] = case.config
        for name, text in files.items():
            self.write(name, text)
        for name, text in (case.pod or {}).items():
            self.write("serviceaccount/" + name, text)
        self.flags = [self.fill(flag) for flag in case.flags]
        self.environment = {"HOME": self.folder, "PATH": self.folder + "/bin:" + os.environ["PATH"],
                            **{name: self.fill(value) for name, value in case.environment.items()}}

    def fill(self, text):
        for name in re.findall(r"\$\{([a-z0-9-]+)\}", text):
            if (name in SERVERS or name in PROXIES) and name not in self.ports:
                self.ports[name] = self.listen(name)
        return Words(text).substitute({**self.words, **self.ports})

    def listen(self, name):
        if name in PROXIES:
            make, tls = PROXIES[name]
            if "good" not in self.ports:
                self.ports["good"] = self.listen("good")
            listener = make(self.records, self.ports["good"], self.pki, tls)
        else:
            listener = recorder.ApiServer(self.records, self.pki, **SERVERS[name])
        self.listeners.append(listener)
        return listener.port

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out:
            out.write(self.fill(text))
        if text.startswith("#!"):
            os.chmod(path, 0o755)

    def run(self, *words):
        command = list(words)
        if self.case.pod:
            # A mount namespace of its own, with the service account where Pods have it.
            command = ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && "
                       f"cp -r '{self.folder}/serviceaccount' /run/secrets/kubernetes.io/ && exec \"$@\"", "sh"] + command
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)

    def config_flags(self):
        """`kubectl config view` knows these two; the others only connect."""
        pairs = zip(self.flags, self.flags[1:])
        return [word for pair in pairs if pair[0] in ("--kubeconfig", "--context") for word in pair]

    def view(self, *program):
        done = self.run(*program, "config", "view", "--minify", "--raw", "-o", "json", *self.config_flags())
        return json.loads(done.stdout) if done.returncode == 0 else "refused"

    def connect(self, *words):
        """Who came: the first request, what the proxies saw on its way, what the plugin was told; and the process."""
        del self.records[:]
        log = os.path.join(self.folder, "plugin.log")
        if os.path.exists(log):
            os.remove(log)
        done = self.run(*words, *self.flags)
        requests = [record for record in self.records if "path" in record]
        visit = {"request": requests[0] if requests else "refused"}
        proxied = [record for record in self.records if "proxy" in record]
        if proxied:
            visit["proxy"] = proxied[0]
        if os.path.exists(log):
            with open(log) as lines:
                told = lines.read().splitlines()
            visit["plugin"] = [told[0], json.loads(told[1])]
        return visit, done

    def ours(self):
        return self.connect(self.program, "export", "-", "--request-timeout", "10s")

    def kubectls(self, path):
        """Without --request-timeout: kubectl would then no longer look for a Pod's service account."""
        words = ["api-versions"] if self.case.prefix else ["get", "--raw", path]
        return self.connect(self.kubectl, *words)[0]

    def close(self):
        for listener in self.listeners:
            listener.close()
        subprocess.run(["rm", "-rf", self.folder], check=True)


def explain(what, case, theirs, ours, docs):
    """The failures of one comparison: unexplained differences, and explanations of what no longer differs."""
    heading = case.differs.get(what)
    if theirs == ours:
        return [f"{what}: is explained under '{heading}', but no longer differs"] if heading else []
    if heading is None:
        return [f"{what}:\n    kubectl     {json.dumps(theirs)}\n    kots-export {json.dumps(ours)}"]
    return [] if f"### {heading}" in docs else [f"{what}: the documentation has no heading '{heading}'"]


def check(case, certificates, program, kubectl, docs):
    setup = Setup(case, certificates, program, kubectl)
    try:
        failures = explain("view", case, setup.view(kubectl), setup.view(program), docs)
        if not case.connects:
            return failures
        ours, done = setup.ours()
        refused = ours["request"] == "refused"
        theirs = setup.kubectls("/apis" if refused else ours["request"]["path"])
        for visit in (theirs, ours) if case.prefix else ():
            visit["request"]["path"] = visit["request"]["path"].startswith(case.prefix)
        failures += explain("connect", case, theirs, ours, docs)
        said = done.stdout + done.stderr
        if case.says and case.says not in said:
            failures.append(f"says: '{case.says}' is not in\n    {said.strip()}")
        if done.returncode < 0:
            failures.append(f"was ended by signal {-done.returncode}")
        elif refused and done.stderr.count("error: ") != 1:
            failures.append(f"says: not one error but\n    {said.strip()}")
        failures += [f"says a secret: {secret}" for secret in case.secrets if secret in said]
        return failures
    finally:
        setup.close()


def can_be_a_pod():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


def main(program, kubectl, docs_file, *names):
    with open(docs_file) as file:
        docs = file.read()
    chosen = [case for case in cases.CASES if not names or case.name in names]
    if not can_be_a_pod():
        print("left out: the cases inside a Pod want root and a mount namespace")
        chosen = [case for case in chosen if not case.pod]
    with tempfile.TemporaryDirectory(prefix="kots-export-pki-") as folder, \
            concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        pki.make(folder)
        certificates = (folder, certificate_words(folder))
        results = list(pool.map(lambda case: check(case, certificates, program, kubectl, docs), chosen))
    failed = [(case.name, failures) for case, failures in zip(chosen, results) if failures]
    for name, failures in failed:
        print(name, *failures, sep="\n  ")
    explained = sum(1 for case in chosen if case.differs)
    print(f"{len(chosen)} set-ups: {len(chosen) - len(failed)} as expected ({explained} differ as explained), {len(failed)} not")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
