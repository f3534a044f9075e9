# `cmake --install BUILD --prefix P`: a package that can be moved (docs/package.md), in components:
#   runtime   headers and libtegula.so: tegula::runtime
#   compiler  libtegula_compiler.so, tegula-compile, and the object that has a program open them:
#             tegula::tegula
#   static    the same as archives: tegula::runtime_static, and tegula::tegula_static with our
#             compiler and LLVM's archives linked into one object, of which only the symbol that
#             pulls it in can be seen
#   cli       the command line as an archive, for programs with ops of their own: tegula::cli, which
#             is that and tegula::tegula_static
#   tools     the `tegula` program
include_guard()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# GNU ld links into one object without the sections that nothing needs. LLVM's objcopy hides symbols
# of every binding; GNU's leaves unique ones, which a process shares among all its libraries.
find_program(TEGULA_BFD NAMES ld.bfd REQUIRED)
find_program(TEGULA_OBJCOPY NAMES llvm-objcopy llvm-objcopy-22 HINTS ${LLVM_TOOLS_BINARY_DIR} REQUIRED)
set(tegula_bundle_dir "${PROJECT_BINARY_DIR}/package")
set(tegula_bundle "${tegula_bundle_dir}/libtegula_compiler.a")
file(MAKE_DIRECTORY "${tegula_bundle_dir}")

add_custom_command(
  OUTPUT "${tegula_bundle}"
  # Groups of sections are resolved: with local names their copies would stay apart.
  COMMAND ${TEGULA_BFD} -r --gc-sections --force-group-allocation -u tegula_compiler_registered
          -o all.o $<TARGET_OBJECTS:tegula_register> --start-group $<TARGET_FILE:tegula_compiler>
          $<TARGET_FILE:tegula_layout> ${tegula_archives} --end-group
  COMMAND ${TEGULA_OBJCOPY} --strip-unneeded --keep-global-symbol=tegula_compiler_registered all.o
          tegula_compiler.o
  COMMAND ${CMAKE_COMMAND} -E rm -f "${tegula_bundle}"
  COMMAND ${CMAKE_AR} qcD "${tegula_bundle}" tegula_compiler.o
  COMMAND ${CMAKE_RANLIB} -D "${tegula_bundle}"
  COMMAND ${CMAKE_COMMAND} -E rm -f all.o tegula_compiler.o
  WORKING_DIRECTORY "${tegula_bundle_dir}"
  DEPENDS tegula_compiler tegula_layout tegula_register
  COMMENT "Linking the compiler and LLVM into one archive"
  VERBATIM COMMAND_EXPAND_LISTS)
add_custom_target(tegula_compiler_bundle DEPENDS "${tegula_bundle}")

# Takes ten seconds and is of use to nothing but the package, so not part of every build.
install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${CMAKE_BINARY_DIR}\"
                                      --target tegula_compiler_bundle COMMAND_ERROR_IS_FATAL ANY)"
        COMPONENT static)
install(FILES "${tegula_bundle}" DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT static)

set(tegula_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tegula")
# tegula_install(EXPORT COMPONENT TARGETS...)
function(tegula_install export component)
  install(TARGETS ${ARGN} EXPORT ${export}
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ${component}
                  NAMELINK_COMPONENT ${component}
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ${component}
          INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT ${export} NAMESPACE tegula:: DESTINATION "${tegula_package_dir}"
          COMPONENT ${component})
endfunction()
set_target_properties(tegula_shared PROPERTIES EXPORT_NAME runtime)
set_target_properties(tegula_runtime PROPERTIES EXPORT_NAME runtime_static)
tegula_install(tegulaRuntime runtime tegula_shared)
tegula_install(tegulaCompiler compiler tegula_open_archive)
tegula_install(tegulaStatic static tegula_format tegula_sim tegula_program tegula_runtime_core
               tegula_dsl tegula_ops tegula_runtime)
tegula_install(tegulaCli cli tegula_cli tegula_reference tegula_npy)
# No development link: programs open it, none is linked to it.
install(TARGETS tegula_compiler_library LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        COMPONENT compiler NAMELINK_SKIP)
install(TARGETS tegula-compile RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT compiler)
install(TARGETS tegula RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)

# Ours, and that of LLVM, which is inside the compiler.
find_file(TEGULA_LLVM_LICENCE copyright PATHS /usr/share/doc/llvm-22-dev /usr/share/doc/libllvm22
          NO_DEFAULT_PATH)
foreach(component runtime compiler static cli tools)
  install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT ${component})
endforeach()
if(TEGULA_LLVM_LICENCE)
  foreach(component compiler static)
    install(FILES "${TEGULA_LLVM_LICENCE}" DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME LICENSE.LLVM
            COMPONENT ${component})
  endforeach()
endif()

foreach(component runtime static)
  install(DIRECTORY runtime/format/include/tegula runtime/include/tegula dsl/include/tegula
                    ops/include/tegula
          DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT ${component})
endforeach()

install(DIRECTORY tools/include/tegula ops/reference/include/tegula
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT cli)

set(tegula_lib_dir "${CMAKE_INSTALL_LIBDIR}")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/tegulaConfig.cmake.in" "${PROJECT_BINARY_DIR}/tegulaConfig.cmake"
  INSTALL_DESTINATION "${tegula_package_dir}" PATH_VARS tegula_lib_dir)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tegulaConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
foreach(component runtime static)
  install(FILES "${PROJECT_BINARY_DIR}/tegulaConfig.cmake"
                "${PROJECT_BINARY_DIR}/tegulaConfigVersion.cmake"
          DESTINATION "${tegula_package_dir}" COMPONENT ${component})
endforeach()
