"""Holds the journal of a run against what the API server says that it did."""
import json
import re
from collections import defaultdict

VERBS = {"create": "POST", "patch": "PATCH", "delete": "DELETE"}
GOES_WITH_OWNER = ("circle-migrator-database",)  # the Secret of the migrator's Job
HARMLESS = (None, "delay", "goaway")


def address(path):
    """(resource, namespace, name) of an API path; the name is None for the whole collection."""
    words = path.strip("/").split("/")
    words = words[2:] if words[0] == "api" else words[3:]
    namespace = None
    if len(words) > 2 and words[0] == "namespaces":
        namespace, words = words[1], words[2:]
    return words[0], namespace, words[1] if len(words) > 1 else None


def statuses(lines, seed):
    """{(run, request): status} out of the in-memory server's log or a real one's audit log."""
    found = {}
    for line in lines:
        entry = json.loads(line)
        tag = re.search(rf" seed/{seed} run/(\d+) request/(\d+)$", entry.get("userAgent", ""))
        if not tag:
            continue
        if "responseStatus" in entry:  # an audit event
            if entry["stage"] != "ResponseComplete":
                continue
            status = entry["responseStatus"].get("code", 0)
        else:
            status = entry["status"]
        found[int(tag.group(1)), int(tag.group(2))] = status
    return found


def read_journal(file):
    """The Changes with their last outcome, and whether the run says that it did all."""
    changes, complete = {}, False
    for line in file.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # a last line that was cut
        if entry["event"] == "change":
            changes[entry["id"]] = entry
        elif entry["event"] == "outcome":
            changes[entry["id"]]["status"] = entry["status"]
        elif entry["event"] == "end":
            complete = True
    return list(changes.values()), complete


class Run:
    """One run of kots-export: what it wrote as the server tells it, what came of that on the way back, and its journal."""

    def __init__(self, number, command, code, ended_by_us, requests, server, journals):
        self.number, self.command, self.code, self.ended_by_us = number, command, code, ended_by_us
        self.writes = defaultdict(list)
        for entry in requests:
            path, _, query = entry["target"].partition("?")
            if entry["run"] != number or entry["method"] == "GET" or "dryRun" in query or "selfsubject" in path:
                continue
            resource, namespace, name = address(path)
            if name is None and entry["method"] == "POST":
                name = entry.get("name")
            status = server.get((number, entry["request"]))
            self.writes[entry["method"], resource, namespace, name].append({**entry, "server": status})
        self.changes = defaultdict(list)
        self.is_complete = False
        for journal in journals:
            changes, self.is_complete = read_journal(journal)
            for change in changes:
                where = change["object"]
                self.changes[VERBS[change["verb"]], where["resource"], where.get("namespace") or None, where["name"]].append(change.get("status", "unknown"))

    def accepted(self, key):
        return sum(1 for write in self.writes.get(key, []) if 200 <= (write["server"] or 0) < 300)

    def was_gone(self, key):
        """A delete whose answer was lost, of what went with its owner: whether it was the delete nobody can tell."""
        return key[0] == "DELETE" and key[3] in GOES_WITH_OWNER and not all(is_answered(write) for write in self.writes.get(key, []))


def is_answered(write):
    return write["trouble"] in HARMLESS and write["answered"] == write["server"]


def is_clean(write, lost_at):
    """The client has the API server's own answer, and nothing can have taken it away."""
    lost = lost_at.get(write["connection"])
    return is_answered(write) and (lost is None or lost > write["until"] + 0.3)


def judge_run(run, lost_at):
    """Lines that say where journal and server differ. Nobody else writes: what is done was done by this run."""
    found = []
    for key, statuses in run.changes.items():
        accepted = run.accepted(key)
        what = " ".join(str(word) for word in key)
        done, unknown = statuses.count("done"), statuses.count("unknown")
        if done > accepted and not run.was_gone(key):
            found.append(f"{what}: {done} done in the journal, {accepted} applied by the server")
        if accepted and not done and not unknown:
            found.append(f"{what}: {', '.join(statuses)} in the journal, {accepted} applied by the server")
        if unknown and not run.ended_by_us:
            writes = run.writes.get(key, [])
            if not writes:
                found.append(f"{what}: unknown in the journal, never sent")
            elif is_clean(writes[-1], lost_at):
                found.append(f"{what}: unknown in the journal, answered with {writes[-1]['answered']}")
        if run.code == 0 and set(statuses) & {"unknown", "refused", "notSent"}:
            found.append(f"{what}: {', '.join(statuses)} in the journal, exit code 0")
    for key in run.writes:
        if key[1] != "leases" and key not in run.changes and run.accepted(key):
            found.append(f"{' '.join(str(word) for word in key)}: applied by the server, not in the journal")
    if run.code == 0 and run.changes and not run.is_complete:
        found.append("exit code 0, but the journal has no end")
    return [f"run {run.number} ({run.command}): {line}" for line in found]
