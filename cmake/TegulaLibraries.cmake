# What users link, made of the archives that the folders build:
#   tegula::runtime  libtegula.so: the language, the ops and the runtime. Launches kernels that the
#                    cache holds
#   tegula::tegula   the same with the compiler: libtegula_compiler.so, opened on the first miss
# tegula::runtime_static and tegula::tegula_static are the same as archives, with LLVM in the program;
# with TEGULA_STATIC these are what the first two names mean. Tests, which look inside, always link
# the archives.
include_guard()
include(GNUInstallDirs)

add_library(tegula_runtime INTERFACE)
target_link_libraries(tegula_runtime INTERFACE tegula_ops tegula_dsl tegula_runtime_core)

# In the build tree as in an installation: what is beside what is how parts find each other.
set(tegula_lib_output "${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR}")
# tegula_add_shared(NAME FILE SOURCES...): a shared library with the project's flags.
function(tegula_add_shared name file)
  add_library(${name} SHARED ${ARGN})
  set_target_properties(
    ${name} PROPERTIES OUTPUT_NAME ${file} VERSION ${tegula_VERSION} SOVERSION ${TEGULA_SOVERSION}
                       LIBRARY_OUTPUT_DIRECTORY "${tegula_lib_output}" CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:tegula_flags>)
  target_link_options(${name} PRIVATE -Wl,--gc-sections -Wl,--no-undefined)
  if(TEGULA_LLD)
    target_link_options(${name} PRIVATE "-fuse-ld=lld" "-B${PROJECT_BINARY_DIR}/linker")
  endif()
  set_property(TARGET ${name} PROPERTY EXCLUDE_FROM_ALL ${TEGULA_STATIC})
endfunction()

file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/empty.cpp" CONTENT "")
tegula_add_shared(tegula_shared tegula "${PROJECT_BINARY_DIR}/empty.cpp")
# Whole: what users call is asked for by nothing in here.
set(tegula_runtime_archives tegula_ops tegula_dsl tegula_runtime_core tegula_program tegula_sim
                            tegula_format)
list(TRANSFORM tegula_runtime_archives REPLACE "(.+)" "$<TARGET_FILE:\\1>"
     OUTPUT_VARIABLE archive_files)
add_dependencies(tegula_shared ${tegula_runtime_archives})
set(tegula_shared_map "${PROJECT_SOURCE_DIR}/runtime/library.map")
set_property(TARGET tegula_shared PROPERTY LINK_DEPENDS ${archive_files} "${tegula_shared_map}")
target_link_options(tegula_shared PRIVATE "-Wl,--version-script=${tegula_shared_map}"
                    -Wl,--whole-archive ${archive_files} -Wl,--no-whole-archive)
target_link_libraries(tegula_shared PRIVATE fmt::fmt Threads::Threads ${CMAKE_DL_LIBS})
target_compile_features(tegula_shared INTERFACE cxx_std_20)
target_include_directories(
  tegula_shared
  INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/format/include>"
            "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include>"
            "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/dsl/include>"
            "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/ops/include>")

add_library(tegula::runtime_static ALIAS tegula_runtime)
if(TEGULA_STATIC)
  add_library(tegula::runtime ALIAS tegula_runtime)
else()
  add_library(tegula::runtime ALIAS tegula_shared)
endif()

if(NOT TEGULA_BUILD_COMPILER)
  return()
endif()

# tegula_add_registration(NAME SOURCE): an archive of one object, whose initialiser registers a
# compiler when the program starts. An archive and a symbol that is asked for, so that it also
# reaches a program through other archives.
function(tegula_add_registration name source)
  add_library(${name} OBJECT "${PROJECT_SOURCE_DIR}/compiler/driver/${source}")
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PRIVATE tegula_flags tegula_format)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/compiler/include"
                                             "${PROJECT_SOURCE_DIR}/runtime/include")
  add_library(${name}_archive STATIC $<TARGET_OBJECTS:${name}>)
  set_target_properties(${name}_archive PROPERTIES OUTPUT_NAME ${name})
endfunction()
set(tegula_ask_registration "LINKER:--undefined=tegula_compiler_registered")

# The compiler within the program.
tegula_add_registration(tegula_register register.cpp)
add_library(tegula_tegula INTERFACE)
target_link_options(tegula_tegula INTERFACE ${tegula_ask_registration})
target_link_libraries(tegula_tegula INTERFACE tegula_register_archive tegula_runtime tegula_compiler)

tegula_add_shared(tegula_compiler_library tegula_compiler
                  "${PROJECT_SOURCE_DIR}/compiler/driver/library.cpp"
                  "${PROJECT_SOURCE_DIR}/compiler/driver/library_memory.cpp"
                  "${PROJECT_SOURCE_DIR}/compiler/driver/library_statics.cpp")
target_sources(tegula_compiler_library PRIVATE $<TARGET_OBJECTS:tegula_build_identity>)
target_link_libraries(tegula_compiler_library PRIVATE tegula_compiler tegula_llvm_headers)
set(tegula_compiler_map "${PROJECT_SOURCE_DIR}/compiler/driver/library.map")
target_link_options(tegula_compiler_library PRIVATE "-Wl,--version-script=${tegula_compiler_map}")
# Every allocation of the library's own code: compiler/driver/library_memory.h.
foreach(name malloc calloc realloc strdup _Znwm _Znam _ZnwmRKSt9nothrow_t
             _ZnwmSt11align_val_tRKSt9nothrow_t)
  target_link_options(tegula_compiler_library PRIVATE "LINKER:--wrap=${name}")
endforeach()
set_property(TARGET tegula_compiler_library PROPERTY LINK_DEPENDS "${tegula_compiler_map}")

# Makes libtegula_compiler.so the compiler of a program.
tegula_add_registration(tegula_open open_library.cpp)
add_library(tegula_opening INTERFACE)
target_link_options(tegula_opening INTERFACE ${tegula_ask_registration})
target_link_libraries(tegula_opening INTERFACE tegula_open_archive)
add_dependencies(tegula_opening tegula_compiler_library)

# tegula_link_compiler(TARGET): for programs of the project that link the archives. Gives them the
# compiler as tegula::tegula would.
function(tegula_link_compiler target)
  if(TEGULA_STATIC)
    target_link_libraries(${target} PRIVATE tegula_tegula)
  else()
    target_link_libraries(${target} PRIVATE tegula_opening tegula_runtime_core)
  endif()
endfunction()

# The compiler as a process (TEGULA_COMPILE=process).
tegula_add_executable(tegula-compile "${PROJECT_SOURCE_DIR}/tools/compile_worker.cpp")
set_target_properties(tegula-compile PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                "${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_BINDIR}")
target_link_libraries(tegula-compile PRIVATE tegula_runtime_core tegula_format)
tegula_link_compiler(tegula-compile)

add_library(tegula_with_compiler INTERFACE)
target_link_libraries(tegula_with_compiler INTERFACE tegula_opening tegula_shared)
add_dependencies(tegula_with_compiler tegula-compile)
add_library(tegula::tegula_static ALIAS tegula_tegula)
if(TEGULA_STATIC)
  add_library(tegula::tegula ALIAS tegula_tegula)
else()
  add_library(tegula::tegula ALIAS tegula_with_compiler)
endif()
