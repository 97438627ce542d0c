"""Every row, on one server: a real one (KUBECONFIG), or the in-memory one (KOTS_EXPORT_APISERVER) of some version."""
import os
import threading
import time
import unittest

from contract import MERGE_PATCH, MISSING, Needs, at, differences, filled
from rows import ROWS
from server import Answer, Memory, Server, Silent

BEHAVIOURS = """
- name: exec
  outcome: never-finish
- name: exec-in-ended
  outcome: complete
- name: log-of-wrong-container
  outcome: never-finish
- name: exec-not-running
  outcome: image-pull-error
- name: log-not-started
  outcome: image-pull-error
- name: log-ended
  lines: [one, two]
- name: job-failed
  outcome: fail
"""
PATIENCE = 60


def open_server():
    program = os.environ.get("KOTS_EXPORT_APISERVER")
    if program:
        memory = Memory(program, os.environ["CONTRACT_VERSION"], BEHAVIOURS)
        return memory, memory.server
    server = Server(os.environ["KUBECONFIG"], etcd=os.environ.get("CONTRACT_ETCD"))
    return server, server


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.opened, cls.server = open_server()
        cls.silent = Silent()
        cls.ns = f"contract-{os.getpid()}"
        cls.server.ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": cls.ns}})

    @classmethod
    def tearDownClass(cls):
        # What rows hold by a finalizer would keep the namespace for ever.
        maps = f"/api/v1/namespaces/{cls.ns}/configmaps"
        for one in cls.server.ask("GET", maps).json["items"]:
            if "finalizers" in one["metadata"]:
                cls.server.ask("PATCH", f"{maps}/{one['metadata']['name']}", {"metadata": {"finalizers": None}}, type=MERGE_PATCH)
        cls.server.ask("DELETE", f"/api/v1/namespaces/{cls.ns}")
        cls.silent.close()
        cls.opened.close()

    def why_not(self, row):
        """Why this server cannot show a row, or nothing."""
        server = self.server
        if not row.since <= server.minor <= row.until:
            return f"of 1.{row.since} to 1.{row.until}"
        if server.is_memory:
            return row.not_in_memory
        if not row.seen:
            return "nobody could see it on a real server here"
        if row.needs is Needs.ETCD and not server.etcd:
            return "the suite may not compact this etcd"
        if row.needs is Needs.NEAR and not server.etcd:
            return "the server does not run on this machine"
        return ""

    def send(self, call, names):
        time.sleep(call.late)
        path = filled(call.path, names)
        if call.method == "COMPACT":
            return self.server.compact()
        if call.method == "EXEC":
            return self.server.execute(path, call.login)
        return self.server.ask(call.method, path, filled(call.body, names), call.type, call.accept, call.login)

    def do(self, call, names):
        if call.only and (call.only == "memory") != self.server.is_memory:
            return
        if call.beside:
            threading.Thread(target=self.send, args=(call, dict(names)), daemon=True).start()
            return
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.send(call, names)
            wrong = differences(call, answer, names)
            if not wrong or not call.until or time.monotonic() > end:
                break
            time.sleep(0.1)
        if wrong:
            self.fail(f"{call.method} {filled(call.path, names)}: {'; '.join(wrong)}\n{answer.status} {answer.headers}\n{answer.text[:2000] or answer.json}")
        for name, path in call.keep.items():
            value = at(answer.json, path)
            self.assertIsNot(value, MISSING, f"{path} of the answer to {call.method} {call.path}")
            names[name] = value

    def check(self, row):
        if why := self.why_not(row):
            self.skipTest(why)
        names = {"ns": self.ns, "name": row.id, "silent": str(self.silent.port)}
        for call in row.given:
            self.do(call, names)
        if row.fault and self.server.is_memory:
            self.server.set_fault(row.fault)
        try:
            self.do(row.call, names)
        finally:
            if row.fault and self.server.is_memory:
                self.server.clear_faults()
        for call in row.then:
            self.do(call, names)


for one in ROWS:
    setattr(Contract, "test_" + one.id.replace("-", "_"), lambda self, row=one: self.check(row))

if __name__ == "__main__":
    unittest.main()
