#pragma once

#include <kots_export/ui/human_view.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/log_view.h>

#include "cli/flags.h"
#include "cli/output.h"

#include <iostream>
#include <ostream>

namespace kots_export::cli {

// The observers of one command: text for people, and with -o the document, which then has standard output for
// itself.
class Views : public ui::MultiView {
 public:
  explicit Views(const Flags& flags)
      : human_({.stream = flags.document == nullptr ? std::cout : nowhere_,
                .colour = colour_of(ui::Stream::out)},
               {.stream = std::cerr, .colour = colour_of(ui::Stream::err)},
               flags.verbose ? ui::Detail::verbose : ui::Detail::normal) {
    add(human_);
    if (flags.document != nullptr) add(*flags.document);
  }

 private:
  std::ostream nowhere_{nullptr};
  ui::HumanView human_;
};

}  // namespace kots_export::cli
