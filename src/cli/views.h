#pragma once

#include <kots_export/ui/human_view.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/log_view.h>

#include "cli/flags.h"
#include "cli/output.h"

#include <iostream>
#include <optional>
#include <ostream>
#include <utility>

namespace kots_export::cli {

// The observers of one command: text for people, and with -o the document, which then has standard output for
// itself.
class Views : public ui::MultiView {
 public:
  // `detail`: where it is not what --verbose says.
  explicit Views(const Flags& flags, std::optional<ui::Detail> detail = std::nullopt)
      : human_({.stream = flags.document == nullptr ? std::cout : nowhere_,
                .colour = colour_of(ui::Stream::out),
                .format = is_markdown(flags) ? ui::HumanView::Format::markdown : ui::HumanView::Format::text},
               {.stream = std::cerr, .colour = colour_of(ui::Stream::err)},
               detail.value_or(flags.verbose ? ui::Detail::verbose
                               : flags.full  ? ui::Detail::full
                                             : ui::Detail::normal),
               detail || flags.dry_run != "none" ? ui::HumanView::Purpose::look
                                                 : ui::HumanView::Purpose::write) {
    add(human_);
    if (flags.document != nullptr) add(*flags.document);
  }

  // See HumanView.
  void head(ui::PlanHeader header) { human_.head(std::move(header)); }
  void show(const migration::MigrationPlan& plan, const ui::PlanHeader& header) { human_.show(plan, header); }
  void show(const ui::Document& document) { human_.show(document); }

 private:
  std::ostream nowhere_{nullptr};
  ui::HumanView human_;
};

}  // namespace kots_export::cli
