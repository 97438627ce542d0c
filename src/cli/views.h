#pragma once

#include <kots_export/ui/human_view.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/log_view.h>

#include "cli/options.h"
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
  // `detail`: where it is not that of the options. Then nothing is changed either.
  explicit Views(const Options& options, std::optional<ui::Detail> detail = std::nullopt)
      : human_({.stream = options.output.document == nullptr ? std::cout : nowhere_,
                .colour = colour_of(ui::Stream::out),
                .format = is_markdown(options.output) ? ui::HumanView::Format::markdown
                                                      : ui::HumanView::Format::text},
               {.stream = std::cerr, .colour = colour_of(ui::Stream::err)},
               detail.value_or(options.output.detail),
               detail || options.change.is_dry_run() ? ui::HumanView::Purpose::look
                                                     : ui::HumanView::Purpose::write) {
    add(human_);
    if (options.output.document != nullptr) add(*options.output.document);
  }

  // See HumanView.
  void head(ui::PlanHeader header) { human_.head(std::move(header)); }
  void show(const migration::MigrationPlan& plan, const ui::PlanHeader& header) { human_.show(plan, header); }
  void show(const change::Plan& plan, const ui::PlanHeader& header) { human_.show(plan, header); }
  void show(const ui::Document& document) { human_.show(document); }

 private:
  std::ostream nowhere_{nullptr};
  ui::HumanView human_;
};

}  // namespace kots_export::cli
