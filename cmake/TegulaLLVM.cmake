# LLVM and MLIR 22, linked statically. Gives
#   tegula_llvm_headers  include directories and definitions
#   tegula_llvm          the archives
# Debian's MLIR archives name the shared library `LLVM` in their link interface; following that
# would bring a second copy of LLVM into the program. So the closure of archives is walked here,
# without the shared libraries, and linked by path as one group.
include_guard()

find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(tegula_llvm_headers INTERFACE)
target_include_directories(tegula_llvm_headers SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS}
                                                                ${MLIR_INCLUDE_DIRS})
separate_arguments(tegula_llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_options(tegula_llvm_headers INTERFACE ${tegula_llvm_definitions} -Wno-unused-parameter)

function(tegula_archive_closure out)
  set(todo ${ARGN})
  set(seen "")
  while(todo)
    list(POP_FRONT todo item)
    if(item IN_LIST seen OR item STREQUAL "LLVM" OR item STREQUAL "MLIR")
      continue()
    endif()
    list(APPEND seen ${item})
    if(TARGET ${item})
      get_target_property(needs ${item} INTERFACE_LINK_LIBRARIES)
      if(needs)
        string(REGEX REPLACE "\\$<LINK_ONLY:([^>]*)>" "\\1" needs "${needs}")
        list(APPEND todo ${needs})
      endif()
    endif()
  endwhile()
  set(${out} ${seen} PARENT_SCOPE)
endfunction()

set(tegula_mlir_roots
    MLIRIR MLIRParser MLIRPass MLIRTransforms MLIRSupport
    MLIRFuncDialect MLIRArithDialect MLIRMathDialect MLIRSCFDialect MLIRControlFlowDialect
    MLIRLLVMDialect MLIRUBDialect
    MLIRFuncToLLVM MLIRArithToLLVM MLIRMathToLLVM MLIRSCFToControlFlow MLIRControlFlowToLLVM
    MLIRReconcileUnrealizedCasts
    MLIRBuiltinToLLVMIRTranslation MLIRLLVMToLLVMIRTranslation
    MLIRTargetLLVMIRExport MLIROptLib)
tegula_archive_closure(tegula_mlir_names ${tegula_mlir_roots})
llvm_map_components_to_libnames(tegula_llvm_roots Core Support Passes NVPTX TransformUtils ipo MC
                                Target)
tegula_archive_closure(tegula_llvm_names ${tegula_llvm_roots})

set(tegula_archives "")
foreach(name ${tegula_mlir_names} ${tegula_llvm_names})
  set(archive "${LLVM_LIBRARY_DIRS}/lib${name}.a")
  if(name MATCHES "^(MLIR|LLVM)" AND EXISTS "${archive}")
    list(APPEND tegula_archives "${archive}")
  endif()
endforeach()
list(REMOVE_DUPLICATES tegula_archives)

if(TEGULA_STATIC)
  set(tegula_compression -l:libz.a -l:libzstd.a)
else()
  set(tegula_compression z zstd)
endif()
add_library(tegula_llvm INTERFACE)
target_link_libraries(
  tegula_llvm INTERFACE tegula_llvm_headers "$<LINK_GROUP:RESCAN,${tegula_archives}>"
                        ${tegula_compression} rt ${CMAKE_DL_LIBS} m pthread)
