#include "cli/page.h"

#include <sstream>

namespace kots_export::cli {

namespace {

// As text, and never as a macro or an escape.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool begins_a_line = out.empty() || out.back() == '\n';
    if (begins_a_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else {
      if (c == '-') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }

// "--namespace" bold and "NAMESPACE" in italics.
std::string name_of(const Entry& entry) {
  const std::size_t space = entry.name.rfind(' ');
  const bool has_value = entry.name.starts_with('-') && space != std::string::npos &&
                         !entry.name.substr(space + 1).starts_with('-');
  std::string text = entry.letter.empty() ? "" : bold(entry.letter) + ", ";
  text += bold(has_value ? entry.name.substr(0, space) : entry.name);
  if (has_value) text += " \\fI" + escaped(entry.name.substr(space + 1)) + "\\fR";
  return text;
}

std::string entries_text(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) text += ".TP\n" + name_of(entry) + "\n" + escaped(entry.help) + "\n";
  return text;
}

std::string with_dashes(std::string name) {
  for (char& c : name) {
    if (c == ' ') c = '-';
  }
  return name;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// Indented lines stay as they are; "Examples:" becomes a heading.
std::string more_text(const std::string& more) {
  std::string text;
  bool in_block = false;
  const auto end_block = [&] {
    if (in_block) text += ".EE\n";
    in_block = false;
  };
  std::istringstream lines(more);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) {
      if (!in_block) text += ".EX\n";
      in_block = true;
      text += escaped(line.substr(2)) + "\n";
      continue;
    }
    end_block();
    if (line.empty()) {
      text += ".PP\n";
    } else if (line.ends_with(':') && line.find(' ') == std::string::npos) {
      text += ".SH " + upper(line.substr(0, line.size() - 1)) + "\n";
    } else {
      text += escaped(line) + "\n";
    }
  }
  end_block();
  return text;
}

std::string see_also(const Page& page) {
  std::string text;
  const auto add = [&](const std::string& name) {
    text += (text.empty() ? ".SH SEE ALSO\n.BR " : " ,\n.BR ") + escaped(with_dashes(name)) + " (1)";
  };
  if (const std::size_t space = page.name.rfind(' '); space != std::string::npos) {
    add(page.name.substr(0, page.name.find(' ')));
    if (page.name.find(' ') != space) add(page.name.substr(0, space));
  }
  for (const Section& section : page.commands) {
    for (const Entry& entry : section.entries) add(page.name + " " + entry.name);
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string man_page(const Page& page, const std::string& version) {
  const std::string name = with_dashes(page.name);
  std::string text = ".TH " + upper(escaped(name)) + " 1 \"\" \"kots\\-export " + version + "\"\n";
  text += ".SH NAME\n" + escaped(name) + " \\- " + escaped(page.what.substr(0, page.what.find('\n'))) + "\n";
  text += ".SH SYNOPSIS\n" + bold(page.name) + escaped(page.usage.substr(page.name.size())) + "\n";
  text += ".SH DESCRIPTION\n" + escaped(sentence(page.what)) + "\n";
  for (const Section& section : page.commands)
    text += ".SH " + upper(escaped(section.heading)) + "\n" + entries_text(section.entries);
  if (!page.arguments.empty()) text += ".SH ARGUMENTS\n" + entries_text(page.arguments);
  text += ".SH OPTIONS\n";
  for (const Section& section : page.flags) {
    if (section.heading != kFlagsHeading) text += ".SS " + escaped(section.heading) + "\n";
    text += entries_text(section.entries);
  }
  return text + more_text(page.more) + see_also(page);
}

}  // namespace kots_export::cli
