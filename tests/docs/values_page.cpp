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
one document with content (Helm would take the first), text behind the end of the values (a line that is indented less than
the first: Helm would drop it), what is not UTF-8, a list or null as a key, `.inf` and `.nan`, `%TAG`, a `%YAML` that is not
`%YAML 1.1`, `!!timestamp`, `!!binary` that is no text, more than 400 levels of nesting, and aliases that multiply beyond any
values file. So are five spellings
that Helm's parser takes and libyaml, which reads here, does not: `"it\'s"` (no backslash is needed), `{a:}` and the
like (`"a:"` is a text, `a: ` a key), `!a,b` (a tag with one of `,[]`), a tag with a comma behind it in
brackets, and a byte order mark at the start of a later line.

## How values are transformed

`kots-export transform` applies these rules in this order, and so does a whole run. `--explain` prints which rule set or
removed what, and why; `--diff` shows the change. What the rules wrote comes out unchanged when it is transformed again. In
values that somebody wrote for 4.x himself they still set the license, the registry, the first pull Secret, what `nginx`
takes over from `kong`, and a password of MongoDB that is missing; `nomad-auto-scaler`, `vm-providers` and `object-storage`
leave such values alone, and so do `telegraf-config` and `postgresql-auth` where `global.domainName` is there and `domainName`
is not. Such values need no transformation. Of half a 3.x file (see below) the rules move what is of 3.x, but never over a
credential that is given: where PostgreSQL's of 3.x and of 4.x both are and differ, the one of 4.x stays, with a warning.
)";

constexpr std::string_view kChecks = R"(
## What is checked

`kots-export validate` compares a file with the values of the chart (`--target 4.0` or `4.1`; a later one is checked
against 4.1, which a note says; what the tables do not have is then a note). Each line of its output is
`file:line: level: path: text [rule]`, errors first. It ends with 1 where there is an error. Of a 3.x file, or of half a one,
it says that alone; `--all` shows the rest. A file is of 3.x where it has
`domainName` at its top and nothing that only 4.x has (`global.domainName`, `global.license`, `postgresql.auth`, `nginx`);
it is half of 3.x where it has a key of 3.x (`postgresql.postgresqlPassword` or `postgresqlUsername`, `published`, `minio`,
`nomad.server.rpc.advertise`, `license`, `kong.annotations`) and `transform` has something to move: `domainName`, or
PostgreSQL's credentials; or where `global.domainName` is all that it has of 4.x beside several such keys. One such key among
values of 4.x is a leftover: a warning.
`-o json` gives one document, of a 3.x file with all findings:

| field | holds |
|---|---|
| `file`, `target` | what was checked, and for which chart |
| `errors`, `warnings`, `notes` | how many there are |
| `findings` | a list of `level`, `path`, `line`, `rule`, `text` |

Certificates, placeholders and Secrets are looked at where they are in use: `nomad.server.rpc.mTLS` where it is enabled,
`tls` where `nginx.aws_acm` is not, a cloud's values where the cloud is enabled. Dates are judged of the first certificate of
a text; one more that is expired is a warning. PostgreSQL's certificate is in a Secret, so `kots-export check` looks at it
(`postgresql-tls`), as it looks for the Secrets that the values leave to you (`own-secrets`). Keys of mongodb, postgresql,
prometheus, rabbitmq, redis and telegraf are those charts' own and are not judged, but for a note on near misses.

| rule | level | finds that |
|---|---|---|
)";

// What the command says beside the checks.
constexpr std::string_view kOfTheCommand =
    "| `values-of-3.x` | error | the file is one of 3.x; said alone, and not in `-o json` |\n"
    "| `target` | note | the chart is later than 4.1, where the tables end |\n";

constexpr std::string_view kDiff = R"(
## How values are compared

`kots-export diff OLD NEW` compares by meaning: the order of keys, comments, quotes and the form of numbers do not
count; an empty file is `{}`. Of texts of several lines it shows the lines that differ. Secrets are shown as `***` unless
`--show-secrets` is given, of longer ones how many lines differ ("up to" where too much does to count). Secret is what stands below a key that sounds so (password,
token, apiKey, certificate), the value of a variable or the word behind a flag with such a name, and every text that holds a
private key, a token of GitHub, GitLab or Slack, a JSON Web Token, a password in an address, an assignment like `password: x`,
an element like `<password>x</password>`, a flag like `--token x`, `curl -u user:x`, or a header's credentials. It ends with 0 where both mean the same, 1 where they differ, 2 where one cannot be read.
`-o json` gives `differences`, a list of `path`, `change` (`added`, `removed`, `changed`), `before`, `after`.
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
  std::cout << kOfTheCommand << kDiff;
}
