#include <kots_export/cli/app.h>

int main(int argc, char** argv) { return kots_export::cli::run_app(argc, argv); }
