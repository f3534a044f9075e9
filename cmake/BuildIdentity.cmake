# Writes a header with one hash of many files: their names under ROOT, and what they hold.
#   cmake -D SOURCES=list-of-files -D ROOT=folder -D EXTRA=text -D OUTPUT=header -P BuildIdentity.cmake
file(STRINGS "${SOURCES}" files)
set(all "${EXTRA}")
foreach(file IN LISTS files)
  file(SHA256 "${file}" hash)
  file(RELATIVE_PATH name "${ROOT}" "${file}")
  string(APPEND all "\n${name} ${hash}")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING "${hash}" 0 32 hash)
file(WRITE "${OUTPUT}.new"
     "// Generated: a hash of the compiler's sources.\n#pragma once\n#define TEGULA_COMPILER_IDENTITY \"${EXTRA} ${hash}\"\n")
file(COPY_FILE "${OUTPUT}.new" "${OUTPUT}" ONLY_IF_DIFFERENT)
