"""The judge finds what it is there for: each kind of lie that a journal can tell."""
import json
import tempfile
import unittest
from pathlib import Path

import judge
from state import difference
from trouble import Decider

PATH = "/api/v1/namespaces/n/configmaps/c"
KEY = ("DELETE", "configmaps", "n", "c")


def write(number=1, method="DELETE", trouble=None, answered=200, connection=1):
    return {"request": number, "run": 1, "method": method, "target": PATH, "trouble": trouble, "answered": answered, "connection": connection, "until": 1.0}


def judged(outcomes, requests, statuses, code=1, ended_by_us=False, verb="delete", end=True):
    """What the judge says of a run with one Change, these outcomes, and these writes."""
    lines = [{"event": "run"}, {"event": "change", "id": 1, "verb": verb, "object": {"resource": "configmaps", "namespace": "n", "name": "c"}}]
    lines += [{"event": "outcome", "id": 1, "status": status} for status in outcomes] + [{"event": "end"}] * end
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
        server = {(1, request["request"]): status for request, status in zip(requests, statuses)}
        run = judge.Run(1, "annotate", code, ended_by_us, requests, server, [journal])
        return judge.judge_run(run, {})


class Judge(unittest.TestCase):
    def test_a_true_journal(self):
        self.assertEqual(judged(["done"], [write()], [200], code=0), [])
        self.assertEqual(judged(["refused"], [write(answered=409)], [409]), [])
        self.assertEqual(judged(["gone"], [write(answered=404)], [404], code=0), [])
        self.assertEqual(judged(["unknown", "done"], [write(trouble="cut-rst", answered=None), write(2)], [200, 404], code=0), [])

    def test_done_without_a_write(self):
        self.assertIn("1 done in the journal, 0 applied", judged(["done"], [write(trouble="html")], [None])[0])

    def test_gone_although_it_was_us(self):
        self.assertIn("gone in the journal, 1 applied", judged(["gone"], [write(trouble="cut-rst", answered=None), write(2, answered=404)], [200, 404])[0])

    def test_refused_although_it_was_applied(self):
        self.assertIn("refused in the journal, 1 applied", judged(["refused"], [write(trouble="500-applied", answered=500)], [200])[0])

    def test_unknown_although_it_was_answered(self):
        self.assertIn("unknown in the journal, answered with 200", judged([], [write()], [200])[0])

    def test_unknown_where_the_run_was_killed_or_the_answer_was_lost(self):
        self.assertEqual(judged([], [write()], [200], ended_by_us=True), [])
        self.assertEqual(judged([], [write(trouble="cut-fin", answered=None)], [200]), [])

    def test_a_good_end_with_something_left(self):
        self.assertIn("exit code 0", judged(["refused"], [write(answered=409)], [409], code=0)[0])
        self.assertIn("the journal has no end", judged(["done"], [write()], [200], code=0, end=False)[0])

    def test_a_write_that_no_journal_names(self):
        self.assertIn("not in the journal", judged(["done"], [write(), write(2, method="PATCH")], [200, 200])[0])


class Seeds(unittest.TestCase):
    def decisions(self, seed):
        decider = Decider(seed)
        return [decider.decide(1, "PATCH", f"/{number % 7}", False) for number in range(200)]

    def test_the_same_seed_decides_the_same(self):
        self.assertEqual(self.decisions(4), self.decisions(4))
        self.assertNotEqual(self.decisions(4), self.decisions(5))

    def test_requests_that_overtake_each_other_do_not_change_what_befalls_them(self):
        one, other = Decider(4), Decider(4)
        names = [f"/{number}" for number in range(50)]
        self.assertEqual([one.decide(1, "GET", name, False) for name in names],
                         [other.decide(1, "GET", name, False) for name in reversed(names)][::-1])


class States(unittest.TestCase):
    def test_what_differs(self):
        wanted = {"secrets/a": {"data": {"k": "x"}}, "secrets/b": {}}
        self.assertEqual(difference(wanted, {"secrets/a": {"data": {"k": "y"}}, "secrets/c": {}}),
                         ["secrets/a differs at /data/k", "secrets/b is missing", "secrets/c should not be there"])


if __name__ == "__main__":
    unittest.main()
