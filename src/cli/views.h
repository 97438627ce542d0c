#pragma once

#include <kots_export/ui/human_view.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/log_view.h>
#include <kots_export/ui/terminal.h>

#include "cli/flags.h"

#include <iostream>
#include <ostream>

namespace kots_export::cli {

// The observers of one command: text for people, and with -o the document, which then has standard output for
// itself.
class Views : public ui::MultiView {
 public:
  explicit Views(const Flags& flags)
      : human_(
            {.stream = flags.document == nullptr ? std::cout : nowhere_, .colour = colour(ui::Stream::out)},
            {.stream = std::cerr, .colour = colour(ui::Stream::err)},
            flags.verbose ? ui::Detail::verbose : ui::Detail::normal) {
    add(human_);
    if (flags.document != nullptr) add(*flags.document);
  }

 private:
  static ui::Colour colour(ui::Stream stream) {
    return ui::wants_colour(stream) ? ui::Colour::yes : ui::Colour::no;
  }

  std::ostream nowhere_{nullptr};
  ui::HumanView human_;
};

}  // namespace kots_export::cli
