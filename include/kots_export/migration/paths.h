#pragma once

#include <filesystem>

// Where a run puts its files, below --output-dir.
namespace kots_export::migration {

struct Paths {
  std::filesystem::path root = ".";

  [[nodiscard]] std::filesystem::path output() const { return root / "output"; }
  [[nodiscard]] std::filesystem::path logs() const { return root / "logs"; }
  [[nodiscard]] std::filesystem::path backup() const { return root / "backup"; }
  [[nodiscard]] std::filesystem::path values() const { return output() / "helm-values.yaml"; }
  // Beside a values file that was edited.
  [[nodiscard]] std::filesystem::path values_new() const { return output() / "helm-values.new.yaml"; }
  // What is known of the values files beside what is in them.
  [[nodiscard]] std::filesystem::path values_record() const { return output() / "helm-values.record.json"; }
  [[nodiscard]] std::filesystem::path values_v3() const { return output() / "helm-values-v3.yaml"; }
  [[nodiscard]] std::filesystem::path migrator_log() const { return logs() / "circle-migrator.log"; }
};

// Throws Error where output/ or logs/ cannot be written to; makes them where they are missing.
void require_writable_folders(const Paths& paths);

}  // namespace kots_export::migration
