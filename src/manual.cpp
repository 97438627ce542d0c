// Writes what is installed beside the program: kots-export-manual FOLDER writes the manual pages, one a
// command. They are made from the program's own commands and flags.
#include "cli/page.h"
#include "cli/program.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

using kots_export::cli::Page;

void write(const std::filesystem::path& folder, const Page& page) {
  std::string name = page.name + ".1";
  std::ranges::replace(name, ' ', '-');
  std::ofstream file(folder / name, std::ios::binary);
  file << man_page(page, KOTS_EXPORT_VERSION);
  if (!file.flush()) throw std::runtime_error("cannot write " + (folder / name).string());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: kots-export-manual FOLDER\n";
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  const kots_export::cli::Program program;
  for (const CLI::App* command : kots_export::cli::commands_below(program.app))
    write(argv[1], kots_export::cli::page_of(*command));
  return 0;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
