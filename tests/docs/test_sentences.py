"""No sentence of the program is glued from parts: it stands whole where it is used, with {names} for what is filled in."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What a person reads is an argument of these.
SPEAKERS = r"(?:Error|UsageError|Interrupted|Cancelled|Hint::\w+|problem|warning|note|ok|skipped|report|report_as|fail|refuse)"
GLUED = re.compile(SPEAKERS + r'\(\s*(?:std::string\()?"[^"]*[a-z,:] ?"\)?\s*\+')


class Sentences(unittest.TestCase):
    def test_stand_whole(self):
        sources = sorted((ROOT / "src").rglob("*.cpp")) + sorted((ROOT / "src").rglob("*.h"))
        self.assertGreater(len(sources), 100)
        for path in sources:
            for found in GLUED.finditer(path.read_text()):
                self.fail(f"{path.relative_to(ROOT)}: {found.group(0)!r} is glued; use util::filled")

    def test_would_be_found(self):
        self.assertTrue(GLUED.search('throw Error("cannot read " + path);'))
        self.assertTrue(GLUED.search('return warning(std::string("it is of ") + x);'))
        self.assertFalse(GLUED.search('throw Error(util::filled("cannot read {file}", {{"file", path}}));'))


if __name__ == "__main__":
    unittest.main()
