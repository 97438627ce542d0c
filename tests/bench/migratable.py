"""A namespace that can be migrated on an API server alone: no node runs its Pods, so the bench plays the kubelet and the Job controller."""
import json
import pathlib
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).parent.parent / "cluster"))
import installation  # noqa: E402  (the cluster tests' own)

CONFIG = {"domainName": "ci.example.com", "postgresql": {"internal": False, "postgresqlUsername": "u", "postgresqlPassword": "p"}}
ENVIRONMENT = {"POSTGRES_HOST": "db.example.com", "POSTGRES_PORT": "5432", "POSTGRES_USERNAME": "u", "POSTGRES_PASSWORD": "p"}
NOW = "2026-01-01T00:00:00Z"


def add_installation(server, namespace):
    """The release Secret, regcred, and a frontend Pod that looks as if it ran. Returns the number of objects that a run patches."""
    base = f"/api/v1/namespaces/{namespace}"
    server.call("POST", f"{base}/serviceaccounts", {"metadata": {"name": "default"}})
    server.call("POST", f"{base}/secrets", installation.release_secret("circleci-server", namespace, CONFIG))
    server.call("POST", f"{base}/secrets", {"type": "kubernetes.io/dockerconfigjson", "metadata": {"name": "regcred"}, "data": {
        ".dockerconfigjson": installation.text64('{"auths":{"cciserver.azurecr.io":{"auth":"dTpw"}}}')}})
    env = [{"name": name, "value": value} for name, value in ENVIRONMENT.items()]
    pod = {"metadata": {"name": "frontend", "labels": {"app": "frontend"}},
           "spec": {"automountServiceAccountToken": False, "containers": [{"name": "frontend", "image": "frontend", "env": env}]}}
    server.call("POST", f"{base}/pods", pod)
    container = {"name": "frontend", "image": "frontend", "imageID": "frontend", "ready": True, "restartCount": 0, "state": {"running": {"startedAt": NOW}}}
    server.call("PATCH", f"{base}/pods/frontend/status", {"status": {
        "phase": "Running", "containerStatuses": [container], "conditions": [{"type": "Ready", "status": "True"}]}}, "application/merge-patch+json")
    return 3


class JobController(threading.Thread):
    """Lets Job circle-migrator succeed as soon as it is seen. `seconds`: what the run waited for it, at least."""

    def __init__(self, server, namespace):
        super().__init__(daemon=True)
        self.server, self.jobs = server, f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self.seconds = 0.0
        self.start()

    def run(self):
        # A watch: to ask again and again would take from the run the time that it is measured by.
        self.server.wait_for(f"{self.jobs}?fieldSelector=metadata.name%3Dcircle-migrator")
        seen = time.monotonic()
        done = {"status": {"succeeded": 1, "startTime": NOW, "completionTime": NOW, "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": NOW}]}}
        self.server.call("PATCH", f"{self.jobs}/circle-migrator/status", done, "application/merge-patch+json")
        self.seconds = time.monotonic() - seen
