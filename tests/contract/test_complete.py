"""That the rows are whole: of every status and header that the code tells apart there is one, and the page is today's."""
import re
import unittest
from pathlib import Path

from page import page
from rows import ROWS

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
STATUSES = {name: int(value) for name, value in re.findall(r"constexpr int (k\w+) = (\d+);", (PROJECT / "include/kots_export/kube/http_status.h").read_text())}
NO_ANSWERS = {"kMultipleChoices"}  # a bound
OF_OTHERS = {"migration/registry.cpp"}  # an image registry is no API server


class Complete(unittest.TestCase):
    def test_every_status_that_a_file_tells_apart_has_a_row_that_names_the_file(self):
        rows = {(file, row.call.status) for row in ROWS for file in row.code.split()}
        missing = []
        for file in sorted((PROJECT / "src").rglob("*.cpp")):
            name = str(file.relative_to(PROJECT / "src"))
            for constant in sorted(set(re.findall(r"\bhttp::(k[A-Z]\w+)", file.read_text())) - NO_ANSWERS):
                if name not in OF_OTHERS and (name, STATUSES[constant]) not in rows:
                    missing.append(f"src/{name} tells {STATUSES[constant]} apart, and no row of tests/contract/rows is about it")
        self.assertEqual(missing, [])

    def test_every_status_with_a_name_has_a_row(self):
        named = {value for name, value in STATUSES.items() if name not in NO_ANSWERS}
        self.assertEqual(named - {row.call.status for row in ROWS}, set())

    def test_every_header_that_is_read_has_a_row(self):
        read = set()
        for file in (PROJECT / "src").rglob("*.cpp"):
            if str(file.relative_to(PROJECT / "src")) not in OF_OTHERS:
                read |= set(re.findall(r'header\("([a-z-]+)"\)', file.read_text()))
        self.assertEqual(read - {name for row in ROWS for name in row.call.header}, set())

    def test_every_file_that_a_row_names_is_there(self):
        gone = {file for row in ROWS for file in row.code.split() if not (PROJECT / "src" / file).is_file()}
        self.assertEqual(gone, set())

    def test_names_are_given_once(self):
        self.assertEqual(len({row.id for row in ROWS}), len(ROWS))

    def test_what_nobody_saw_is_shown_by_the_in_memory_server(self):
        self.assertEqual([row.id for row in ROWS if not row.seen and row.not_in_memory], [])

    def test_the_page_is_todays(self):
        self.assertEqual((PROJECT / "docs/contract.md").read_text(), page(), "make it anew: tests/contract/run page > docs/contract.md")


if __name__ == "__main__":
    unittest.main()
