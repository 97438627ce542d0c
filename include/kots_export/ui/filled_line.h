#pragma once

#include <kots_export/ui/document.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace kots_export::ui {

// util::filled for a line of a document: returns `sentence` with each {name} of `arguments` filled in, as a
// span of its own where it is not plain. A name that is not among them stays as it is.
//   filled_line("written to {file}", {{"file", {path, Style::name}}})
[[nodiscard]] inline Line filled_line(std::string_view sentence,
                                      std::initializer_list<std::pair<std::string_view, Span>> arguments) {
  using Kind = util::SentencePart::Kind;
  Line line;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) line.push_back({std::exchange(plain, {})});
  };
  for (const util::SentencePart& part : util::parts_of(sentence)) {
    const auto* const argument =
        part.kind == Kind::name
            ? std::ranges::find(arguments, part.text, [](const auto& pair) { return pair.first; })
            : arguments.end();
    if (argument == arguments.end()) {
      plain += part.kind == Kind::name ? "{" + std::string(part.text) + "}" : std::string(part.text);
    } else if (argument->second.style == Style::plain) {
      plain += argument->second.text;
    } else {
      end_plain();
      line.push_back(argument->second);
    }
  }
  end_plain();
  return line;
}

}  // namespace kots_export::ui
