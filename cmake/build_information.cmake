# Writes OUTPUT, a header with the commit that is built and its date; where nothing has changed it stays as it is. Run by the
# build with -P. Outside of a git working tree both are empty.
execute_process(COMMAND git -C ${SOURCE_DIR} log -1 --format=%H
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND ${CMAKE_COMMAND} -E env TZ=UTC0 git -C ${SOURCE_DIR} log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ
  OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(text "#pragma once\n\n#define KOTS_EXPORT_COMMIT \"${commit}\"\n#define KOTS_EXPORT_COMMIT_DATE \"${date}\"\n")
set(old "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT old STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
