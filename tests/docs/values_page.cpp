// Prints docs/values.md.
#include <kots_export/values/transform.h>
#include <kots_export/values/validate.h>

#include <iostream>

namespace {

constexpr std::string_view kIntroduction = R"(# Values: from 3.x to 4.x

This page is made from the code (`tests/docs/values_page.cpp`). Each example below is also a test.

## How values are read

`kots-export` reads YAML as Helm does (Go, YAML 1.1): `yes`, `on` and `y` are true, `00123` is the number 83, `1e10`,
`0x1F` and `1_000` are numbers, `12:30` and `2022-01-01` are texts. A text that looks like something else is written in
quotes. Integers keep every digit, other numbers stay as they were written. Texts of several lines become block
scalars, so that keys and certificates can be read.

Some files are refused, always with the line: a key that stands twice in one map (Helm would take the last), more than
one document with content (Helm would take the first), what is not UTF-8, a list or null as a key, `.inf` and `.nan`, `%TAG`,
`!!timestamp`, more than 400 levels of nesting, and aliases that multiply beyond any values file. So are five spellings
that Helm's parser takes and libyaml, which reads here, does not: `"it\'s"` (no backslash is needed), `{a:}` and the
like (`"a:"` is a text, `a: ` a key), `!a,b` (a tag with one of `,[]`), a tag with a comma behind it in
brackets, and a byte order mark at the start of a later line.

## How values are transformed

`kots-export transform` applies these rules in this order, and so does a whole run. `--explain` prints which rule set or
removed what, and why; `--diff` shows the change. Values of 4.x come out as they went in.
)";

constexpr std::string_view kChecks = R"(
## What is checked

`kots-export validate` compares a file with the values of the chart (`--target 4.0` or `4.1`; a later one is checked
against 4.1, which a note says). Each line of its output is `file:line: level: path: text [rule]`, errors first. It ends
with 1 where there is an error. Of a 3.x file it says that alone; `--all` shows the rest. `-o json` gives one document:

| field | holds |
|---|---|
| `file`, `target` | what was checked, and for which chart |
| `errors`, `warnings`, `notes` | how many there are |
| `findings` | a list of `level`, `path`, `line`, `rule`, `text` |

| rule | level | finds that |
|---|---|---|
)";

constexpr std::string_view kDiff = R"(
## How values are compared

`kots-export diff OLD NEW` compares by meaning: the order of keys, comments, quotes and the form of numbers do not
count. Of texts of several lines it shows the lines that differ. Secrets are shown as `***` unless `--show-secrets` is
given, of longer ones how many lines differ. It ends with 0 where both mean the same, 1 where they differ, 2 where one
cannot be read. `-o json` gives `differences`, a list of `path`, `change` (`added`, `removed`,
`changed`), `before`, `after`.
)";

void print_example(std::string_view title, std::string_view yaml) {
  std::cout << "\n" << title << ":\n\n```yaml\n" << yaml << "```\n";
}

}  // namespace

int main() {
  std::cout << kIntroduction;
  for (const auto& rule : kots_export::values::rules()) {
    std::cout << "\n### " << rule.id << "\n\nWhat: " << rule.what << ".\nWhy: " << rule.why << ".\n";
    print_example("Before", rule.before);
    print_example("After", rule.after);
  }
  std::cout << kChecks;
  for (const auto& check : kots_export::values::checks()) {
    std::cout << "| `" << check.id << "` | " << kots_export::values::name_of(check.level) << " | "
              << check.what << " |\n";
  }
  std::cout << kDiff;
}
