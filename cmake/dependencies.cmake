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
find_package(ZLIB REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  find_package(OpenSSL REQUIRED) # the in-memory API server's TLS
endif()
