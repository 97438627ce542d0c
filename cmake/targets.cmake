# How every target of the project is compiled: one interface library that the others link.
add_library(kots_export_options INTERFACE)
target_compile_options(kots_export_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<BOOL:${KOTS_EXPORT_WERROR}>:-Werror>)
target_include_directories(kots_export_options INTERFACE ${PROJECT_SOURCE_DIR}/include)
if(KOTS_EXPORT_SANITIZE)
  target_compile_options(kots_export_options INTERFACE -fsanitize=${KOTS_EXPORT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all) # undefined behaviour ends a test, too
  target_link_options(kots_export_options INTERFACE -fsanitize=${KOTS_EXPORT_SANITIZE})
endif()

# kots_export_room(NAME SOURCES ... USES other rooms and libraries ...)
# One room of the code (a folder of src/) as a static library kots_export_NAME.
function(kots_export_room NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(kots_export_${NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(kots_export_${NAME} PUBLIC kots_export_options ${ARG_USES})
  target_include_directories(kots_export_${NAME} PRIVATE ${PROJECT_SOURCE_DIR}/src)
endfunction()

# kots_export_unit_test(ROOM SOURCES ... USES ...)
# The unit tests of one room as one program unit_ROOM; every TEST is a CTest test with label `unit`.
function(kots_export_unit_test ROOM)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_executable(unit_${ROOM} ${ARG_SOURCES})
  target_link_libraries(unit_${ROOM} PRIVATE kots_export_${ROOM} kots_export_options ${ARG_USES} GTest::gmock GTest::gtest_main)
  target_include_directories(unit_${ROOM} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  # A test names the fields that it is about.
  target_compile_options(unit_${ROOM} PRIVATE -Wno-missing-field-initializers)
  target_compile_definitions(unit_${ROOM} PRIVATE KOTS_EXPORT_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  gtest_discover_tests(unit_${ROOM} TEST_PREFIX "${ROOM}." PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
endfunction()
