# note_settings(OUT): the settings of this folder that a part of the project must leave alone.
function(note_settings out)
  set(text "")
  foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES LINK_OPTIONS
                   LINK_DIRECTORIES LINK_LIBRARIES)
    get_directory_property(value ${property})
    string(APPEND text "${property}=${value}\n")
  endforeach()
  foreach(variable
          CMAKE_C_FLAGS CMAKE_CXX_FLAGS CMAKE_CXX_FLAGS_RELEASE CMAKE_CXX_FLAGS_DEBUG
          CMAKE_EXE_LINKER_FLAGS CMAKE_SHARED_LINKER_FLAGS CMAKE_BUILD_TYPE CMAKE_CXX_STANDARD
          CMAKE_CXX_EXTENSIONS CMAKE_CXX_VISIBILITY_PRESET CMAKE_POSITION_INDEPENDENT_CODE
          CMAKE_CXX_COMPILER_LAUNCHER CMAKE_RUNTIME_OUTPUT_DIRECTORY CMAKE_MODULE_PATH
          CMAKE_EXPORT_COMPILE_COMMANDS CMAKE_PREFIX_PATH BUILD_SHARED_LIBS BUILD_TESTING)
    string(APPEND text "${variable}=${${variable}}\n")
  endforeach()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()
