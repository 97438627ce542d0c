"""docs/contract.md, made from the rows.  To make it anew: tests/contract/run page > docs/contract.md"""
import json

from contract import JSON, MERGE_PATCH, Expected, Needs
from rows import THEMES

HEAD = """# What the program relies on
Every answer of the API server that the program's code tells apart, made from `tests/contract/rows` (not written by hand). Each
row is asked of the in-memory server of the tests as Kubernetes 1.16, 1.20, 1.24 and 1.33, and of a real API server. "Seen" names
the real servers on which a row was seen; "not seen" is what nobody could see here: it stands on its source alone.

    tests/contract/run memory build/dev/tests/apiserver/kots-export-apiserver 1.24
    tests/contract/run cluster          # builds on tests/cluster/prepare; or a cluster of your own, see tests/contract/README.md
"""


def value(expected):
    return expected.words if isinstance(expected, Expected) else json.dumps(expected) if not isinstance(expected, str) else f"`{expected}`"


def answer(call):
    """What is expected of one answer: `409`, reason `Conflict`, ..."""
    parts = [str(call.status or (101 if call.method == "EXEC" else "2xx"))]
    parts += [f"{name}: {value(expected)}" for name, expected in call.header.items()]
    parts += [f"{path} {value(expected)}" for path, expected in call.answer.items() if path not in ("kind", "code") or call.status == 200]
    if call.text is not None:
        parts.append(f"text {value(call.text)}")
    return ", ".join(parts)


def effect(row):
    shown = [f"{call.method} {answer(call)}" for call in row.then if not call.only and (call.status or call.answer)]
    return "; ".join(shown)


def request(row):
    verb = row.call.method if row.call.method != "EXEC" else "WebSocket"
    if "watch=true" in row.call.path:
        verb = "watch"
    return f"{verb}: {row.says}"


def seen(row):
    text = ", ".join(row.seen) if row.seen else "not seen"
    if row.since > 16 or row.until < 99:
        text += f" (1.{row.since}" + (f" to 1.{row.until})" if row.until < 99 else " on)")
    return text


def cell(text):
    return text.replace("|", "\\|").replace("\n", "\\n").replace("$name", "NAME")


def page():
    lines = [HEAD]
    for theme, rows in THEMES.items():
        lines += [f"## {theme}", "| row | request | answer | effect | relied on in | source | seen |", "|---|---|---|---|---|---|---|"]
        for row in rows:
            code = " ".join(f"`{file}`" for file in row.code.split())
            lines.append("| " + " | ".join(cell(text) for text in (row.id, request(row), answer(row.call), effect(row), code, row.source, seen(row))) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")
