# Writes a source with one hash of many files: their names under ROOT, and what they hold. It defines
# what runtime/cache/build_identity.h declares.
#   cmake -D SOURCES=list-of-files -D ROOT=folder -D EXTRA=text -D OUTPUT=source -P BuildIdentity.cmake
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
     "// Generated: a hash of the compiler's sources.\n#include \"runtime/cache/build_identity.h\"\n\n"
     "const char* tegula::cache::build_identity() { return \"${EXTRA} ${hash}\"; }\n")
file(COPY_FILE "${OUTPUT}.new" "${OUTPUT}" ONLY_IF_DIFFERENT)
