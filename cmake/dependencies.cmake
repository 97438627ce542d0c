# What the project stands on: packages of the system, each with its reason in docs/dependencies.md.
find_package(CLI11 REQUIRED)
find_package(CURL 7.88 REQUIRED)
# Its headers alone: src/kube/curl_library.cpp loads the library with the first request.
add_library(kots_export_libcurl INTERFACE)
target_include_directories(kots_export_libcurl SYSTEM INTERFACE ${CURL_INCLUDE_DIRS})
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(Threads REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
# It brings no configuration for CMake.
find_path(LIBYAML_INCLUDE_DIR yaml.h REQUIRED)
if(KOTS_EXPORT_STATIC)
  find_library(LIBYAML_LIBRARY libyaml.a REQUIRED)
else()
  find_library(LIBYAML_LIBRARY yaml REQUIRED)
endif()
add_library(kots_export_libyaml INTERFACE)
target_include_directories(kots_export_libyaml SYSTEM INTERFACE ${LIBYAML_INCLUDE_DIR})
target_link_libraries(kots_export_libyaml INTERFACE ${LIBYAML_LIBRARY})
set(ZLIB_USE_STATIC_LIBS ${KOTS_EXPORT_STATIC})
find_package(ZLIB REQUIRED)

# yaml-cpp and spdlog as the rooms use them. Debian has no archive of spdlog and fmt: their headers alone do too.
add_library(kots_export_yaml_cpp INTERFACE)
add_library(kots_export_spdlog INTERFACE)
if(KOTS_EXPORT_STATIC)
  find_library(YAML_CPP_ARCHIVE libyaml-cpp.a REQUIRED)
  target_include_directories(kots_export_yaml_cpp SYSTEM INTERFACE ${YAML_CPP_INCLUDE_DIR})
  target_link_libraries(kots_export_yaml_cpp INTERFACE ${YAML_CPP_ARCHIVE})
  target_compile_definitions(kots_export_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)
  target_link_libraries(kots_export_spdlog INTERFACE Threads::Threads)
  # Fewer and fuller pages: a start is little more than its page faults.
  add_link_options(-static-libstdc++ -static-libgcc -Wl,--gc-sections -Wl,-z,noseparate-code)
else()
  target_link_libraries(kots_export_yaml_cpp INTERFACE yaml-cpp)
  target_link_libraries(kots_export_spdlog INTERFACE spdlog::spdlog)
endif()
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  find_package(OpenSSL REQUIRED) # the in-memory API server's TLS
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2) # its HTTP/2
endif()
