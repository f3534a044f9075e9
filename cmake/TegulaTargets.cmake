# How every target of the project is built: flags stay on targets, never global, so that the
# project is a good guest under add_subdirectory.
include_guard()

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  find_program(TEGULA_CCACHE ccache)
  if(TEGULA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${TEGULA_CCACHE}")
    set(CMAKE_C_COMPILER_LAUNCHER "${TEGULA_CCACHE}")
  endif()
endif()

# LLVM's archives are large: lld links a program in a second where GNU ld takes four.
find_program(TEGULA_LLD NAMES ld.lld-22 ld.lld)

add_library(tegula_flags INTERFACE)
target_compile_features(tegula_flags INTERFACE cxx_std_20)
target_compile_options(
  tegula_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers -Wno-restrict
                         -Wno-maybe-uninitialized -ffunction-sections
                         -fdata-sections
                         -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -fvisibility=hidden -fvisibility-inlines-hidden
                         -fno-semantic-interposition)
target_include_directories(tegula_flags INTERFACE "${PROJECT_SOURCE_DIR}")

# The first build takes a third of the time where several files are compiled as one; but a change to
# one of them takes longer (the preset dev does without).
option(TEGULA_JOIN "Compile the files of some targets several at a time" OFF)

# tegula_join(TARGET... [APART FILE...]): compiles their files so, but for those whose names in
# unnamed namespaces are other files', too. To see which those are, whatever the order of the files:
# cmake --preset release -DCMAKE_UNITY_BUILD_BATCH_SIZE=0
function(tegula_join)
  cmake_parse_arguments(ARG "" "" "APART" ${ARGN})
  set_target_properties(${ARG_UNPARSED_ARGUMENTS} PROPERTIES UNITY_BUILD ${TEGULA_JOIN})
  if(ARG_APART)
    set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# tegula_add_library(NAME SOURCES... ) with the project's flags.
function(tegula_add_library name)
  add_library(${name} STATIC ${ARGN})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:tegula_flags>)
  target_compile_features(${name} PUBLIC cxx_std_20)
endfunction()

# tegula_add_executable(NAME SOURCES...) with the project's flags and linker.
function(tegula_add_executable name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE tegula_flags)
  target_link_options(${name} PRIVATE -Wl,--gc-sections)
  if(TEGULA_LLD)
    target_link_options(${name} PRIVATE "-fuse-ld=lld" "-B${PROJECT_BINARY_DIR}/linker")
  endif()
  if(TEGULA_STATIC)
    tegula_link_statically(${name})
  endif()
endfunction()

# TEGULA_STATIC: programs depend on libc and libm alone, and run wherever those are as new.
function(tegula_link_statically name)
  if(NOT TARGET tegula_fmt_instances)
    add_library(tegula_fmt_instances OBJECT "${PROJECT_SOURCE_DIR}/cmake/fmt_instances.cpp")
    target_link_libraries(tegula_fmt_instances PRIVATE fmt::fmt)
    target_compile_features(tegula_fmt_instances PRIVATE cxx_std_20)
  endif()
  # With these at hand nothing is left to libfmt.so, which is then not needed.
  target_link_libraries(${name} PRIVATE tegula_fmt_instances)
  target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -Wl,--as-needed)
endfunction()

# g++ finds lld only under the name ld.lld; Debian installs ld.lld-22.
if(TEGULA_LLD)
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/linker")
  file(CREATE_LINK "${TEGULA_LLD}" "${PROJECT_BINARY_DIR}/linker/ld.lld" SYMBOLIC)
endif()
