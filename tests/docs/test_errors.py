"""docs/errors.md: each message stands in the program's sources as it is quoted, each command exists, each link leads somewhere."""
import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/errors.md").read_text()
PROGRAM = os.environ["KOTS_EXPORT_PROGRAM"]


def texts():
    """The sources without the seams between literals that make one text."""
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.cpp")))
    return re.sub(r'"\s*\n\s*"', "", sources)


class Errors(unittest.TestCase):
    def test_each_message_is_one_of_the_programs(self):
        sources = texts()
        messages = re.findall(r"^### `(.*)`$", PAGE, re.MULTILINE)
        self.assertGreater(len(messages), 20)
        for message in messages:
            for part in filter(None, (part.strip() for part in message.split("..."))):
                with self.subTest(message):
                    self.assertIn(part, sources)

    def test_each_command_is_there(self):
        for command in set(re.findall(r"`kots-export ([a-z-]+)", PAGE)):
            with self.subTest(command):
                self.assertEqual(subprocess.run([PROGRAM, command, "--help"], capture_output=True).returncode, 0)

    def test_each_link_leads_somewhere(self):
        for target in re.findall(r"\]\(([a-z.-]+)", PAGE):
            self.assertTrue((ROOT / "docs" / target).exists(), target)


if __name__ == "__main__":
    unittest.main()
