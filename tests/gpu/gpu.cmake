# What needs a GPU, an entry a program (docs/gpu.md): skipped, with the reason, where there is none.
foreach(name kernels ops)
  add_test(NAME gpu.${name} COMMAND test_${name} --gtest_filter=*/cuda_0 --gtest_brief=1)
  set_tests_properties(
    gpu.${name} PROPERTIES LABELS gpu TIMEOUT 1800 ENVIRONMENT
                           "TEGULA_CACHE_DIR=;TEGULA_TEST_DEVICE=cuda:0"
                           SKIP_REGULAR_EXPRESSION "SKIP: no GPU" FAIL_REGULAR_EXPRESSION
                           "Running 0 tests")
endforeach()

# The way to the launch, where there is none: kernels of the driver that needs no GPU do nothing, so
# that comparisons fail, but no call does.
add_test(NAME gpu.path COMMAND test_kernels --gtest_filter=*Workspaces.*/cuda_0:*Views.*/cuda_0)
set_tests_properties(
  gpu.path PROPERTIES LABELS cuda TIMEOUT 300 ENVIRONMENT
  "TEGULA_CACHE_DIR=;TEGULA_TEST_DEVICE=cuda:0;LD_LIBRARY_PATH=$<TARGET_FILE_DIR:fake_cuda>:$ENV{LD_LIBRARY_PATH}"
  PASS_REGULAR_EXPRESSION "element 0 is" FAIL_REGULAR_EXPRESSION "C.. exception;SKIP: no GPU;warning")

# All of it in one program, for machines that have a driver and nothing else (scripts/gpu-bundle).
if(TEGULA_BUILD_BENCH)
  find_package(nlohmann_json REQUIRED)
  tegula_add_executable(
    tegula-gpu gpu/tegula_gpu.cpp support/gpu_target.cpp $<TARGET_OBJECTS:kernels_tests>
    $<TARGET_OBJECTS:ops_tests> "${PROJECT_SOURCE_DIR}/bench/launch.cpp"
    "${PROJECT_SOURCE_DIR}/bench/start.cpp"
    "${PROJECT_SOURCE_DIR}/bench/allocations.cpp")
  target_link_libraries(
    tegula-gpu PRIVATE tegula_golden tegula_random_programs tegula_bench_ops tegula_cli tegula_npy tegula_tegula
                       tegula_reference
                       GTest::gmock GTest::gtest nlohmann_json::nlohmann_json fmt::fmt)
  add_test(NAME gpu.program COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/gpu/program_check.sh
                                    $<TARGET_FILE:tegula-gpu>)
  add_test(NAME gpu.run COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/gpu/run_check.sh
                                $<TARGET_FILE:tegula-gpu> ${PROJECT_SOURCE_DIR}
                                $<TARGET_FILE_DIR:fake_cuda>)
  add_test(NAME gpu.bundle COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/gpu/bundle_check.sh
                                   ${PROJECT_SOURCE_DIR})
  set_tests_properties(gpu.program gpu.run gpu.bundle PROPERTIES LABELS cli TIMEOUT 120
                                                                 SKIP_RETURN_CODE 77)
endif()
