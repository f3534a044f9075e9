// The declarations of runtime/cuda/driver.h against cuda.h, where a toolkit is installed.
#include <gtest/gtest.h>

#include "runtime/cuda/driver.h"
#include "runtime/format/tensor_map_record.h"
#include "tegula/device.h"

#if __has_include(<cuda.h>)
#include <cuda.h>

namespace tegula::cuda {
namespace {

static_assert(sizeof(DevicePointer) == sizeof(CUdeviceptr));
static_assert(sizeof(DeviceNumber) == sizeof(CUdevice));
static_assert(sizeof(Result) == sizeof(CUresult) && sizeof(int) == sizeof(CUjit_option));

static_assert(sizeof(LaunchConfig) == sizeof(CUlaunchConfig));
static_assert(offsetof(LaunchConfig, grid_x) == offsetof(CUlaunchConfig, gridDimX));
static_assert(offsetof(LaunchConfig, block_x) == offsetof(CUlaunchConfig, blockDimX));
static_assert(offsetof(LaunchConfig, dynamic_shared) == offsetof(CUlaunchConfig, sharedMemBytes));
static_assert(offsetof(LaunchConfig, stream) == offsetof(CUlaunchConfig, hStream));
static_assert(offsetof(LaunchConfig, attributes) == offsetof(CUlaunchConfig, attrs));
static_assert(offsetof(LaunchConfig, attribute_count) == offsetof(CUlaunchConfig, numAttrs));

static_assert(sizeof(MemoryPoolProperties) == sizeof(CUmemPoolProps));
static_assert(offsetof(MemoryPoolProperties, handle_types) ==
              offsetof(CUmemPoolProps, handleTypes));
static_assert(offsetof(MemoryPoolProperties, location_type) == offsetof(CUmemPoolProps, location));
static_assert(offsetof(MemoryPoolProperties, location_id) ==
              offsetof(CUmemPoolProps, location) + offsetof(CUmemLocation, id));
static_assert(offsetof(MemoryPoolProperties, windows_security) ==
              offsetof(CUmemPoolProps, win32SecurityAttributes));
static_assert(offsetof(MemoryPoolProperties, max_size) == offsetof(CUmemPoolProps, maxSize));
static_assert(MemoryPoolProperties().allocation_type == CU_MEM_ALLOCATION_TYPE_PINNED);
static_assert(MemoryPoolProperties().location_type == CU_MEM_LOCATION_TYPE_DEVICE);

static_assert(multiprocessor_count == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
static_assert(compute_major == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
static_assert(compute_minor == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
static_assert(max_shared_bytes == CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
static_assert(memory_pools_supported == CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
static_assert(max_dynamic_shared_bytes == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
static_assert(jit_error_log_buffer == CU_JIT_ERROR_LOG_BUFFER);
static_assert(jit_error_log_bytes == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
static_assert(pool_release_threshold == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD);

static_assert(out_of_memory == CUDA_ERROR_OUT_OF_MEMORY && no_device == CUDA_ERROR_NO_DEVICE);
static_assert(invalid_image == CUDA_ERROR_INVALID_IMAGE && invalid_ptx == CUDA_ERROR_INVALID_PTX);
static_assert(no_binary_for_gpu == CUDA_ERROR_NO_BINARY_FOR_GPU);
static_assert(unsupported_ptx_version == CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
static_assert(illegal_address == CUDA_ERROR_ILLEGAL_ADDRESS);
static_assert(launch_out_of_resources == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
static_assert(launch_timeout == CUDA_ERROR_LAUNCH_TIMEOUT && assert_failed == CUDA_ERROR_ASSERT);
static_assert(hardware_stack_error == CUDA_ERROR_HARDWARE_STACK_ERROR);
static_assert(illegal_instruction == CUDA_ERROR_ILLEGAL_INSTRUCTION);
static_assert(misaligned_address == CUDA_ERROR_MISALIGNED_ADDRESS);
static_assert(invalid_address_space == CUDA_ERROR_INVALID_ADDRESS_SPACE);
static_assert(invalid_pc == CUDA_ERROR_INVALID_PC && launch_failed == CUDA_ERROR_LAUNCH_FAILED);
static_assert(capture_unsupported == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
// Headers since CUDA 13 align it to 128; 64 is what the function asks for.
static_assert(sizeof(TensorMap) == sizeof(CUtensorMap) && alignof(TensorMap) == 64);
static_assert(static_cast<int>(format::TensorMapRecord::Swizzle::bytes_128) ==
              CU_TENSOR_MAP_SWIZZLE_128B);
static_assert(static_cast<int>(format::TensorMapRecord::Interleave::bytes_32) ==
              CU_TENSOR_MAP_INTERLEAVE_32B);
static_assert(static_cast<int>(format::TensorMapRecord::Promotion::bytes_256) ==
              CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
static_assert(static_cast<int>(format::TensorMapRecord::Fill::nans) ==
              CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA);
static_assert(not_ready == CUDA_ERROR_NOT_READY && captured_event == CUDA_ERROR_CAPTURED_EVENT);
static_assert(event_without_timing == CU_EVENT_DISABLE_TIMING);
static_assert(stream_non_blocking == CU_STREAM_NON_BLOCKING);
static_assert(invalid_cluster_size == CUDA_ERROR_INVALID_CLUSTER_SIZE);
static_assert(capture_wrong_thread == CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);

/// How many parameters of which sizes: what the calling convention sees.
template <class R, class... P>
std::vector<std::size_t> shape_of(R (*)(P...)) {
  return {sizeof(P)...};
}

// After cuda.h a function's name may be a macro for the version that is exported.
TEST(CudaDeclarations, ParametersAreThoseOfTheHeader) {
  const Driver d{};
  EXPECT_EQ(shape_of(d.cuInit), shape_of(&::cuInit));
  EXPECT_EQ(shape_of(d.cuDeviceGetName), shape_of(&::cuDeviceGetName));
  EXPECT_EQ(shape_of(d.cuDeviceGetAttribute), shape_of(&::cuDeviceGetAttribute));
  EXPECT_EQ(shape_of(d.cuDevicePrimaryCtxRetain), shape_of(&::cuDevicePrimaryCtxRetain));
  EXPECT_EQ(shape_of(d.cuMemPoolCreate), shape_of(&::cuMemPoolCreate));
  EXPECT_EQ(shape_of(d.cuMemPoolDestroy), shape_of(&::cuMemPoolDestroy));
  EXPECT_EQ(shape_of(d.cuMemPoolSetAttribute), shape_of(&::cuMemPoolSetAttribute));
  EXPECT_EQ(shape_of(d.cuMemAllocFromPoolAsync), shape_of(&::cuMemAllocFromPoolAsync));
  EXPECT_EQ(shape_of(d.cuMemFreeAsync), shape_of(&::cuMemFreeAsync));
  EXPECT_EQ(shape_of(d.cuModuleLoadDataEx), shape_of(&::cuModuleLoadDataEx));
  EXPECT_EQ(shape_of(d.cuModuleGetFunction), shape_of(&::cuModuleGetFunction));
  EXPECT_EQ(shape_of(d.cuFuncSetAttribute), shape_of(&::cuFuncSetAttribute));
  EXPECT_EQ(shape_of(d.cuLaunchKernelEx), shape_of(&::cuLaunchKernelEx));
  EXPECT_EQ(shape_of(d.cuThreadExchangeStreamCaptureMode),
            shape_of(&::cuThreadExchangeStreamCaptureMode));
  EXPECT_EQ(shape_of(d.cuStreamIsCapturing), shape_of(&::cuStreamIsCapturing));
  EXPECT_EQ(shape_of(d.cuTensorMapEncodeTiled), shape_of(&::cuTensorMapEncodeTiled));
  EXPECT_EQ(shape_of(d.cuStreamWaitEvent), shape_of(&::cuStreamWaitEvent));
  EXPECT_EQ(shape_of(d.cuEventCreate), shape_of(&::cuEventCreate));
  EXPECT_EQ(shape_of(d.cuEventRecord), shape_of(&::cuEventRecord));
  EXPECT_EQ(shape_of(d.cuEventQuery), shape_of(&::cuEventQuery));
  EXPECT_EQ(shape_of(d.cuEventSynchronize), shape_of(&::cuEventSynchronize));
}

}  // namespace
}  // namespace tegula::cuda
#else
TEST(CudaDeclarations, ParametersAreThoseOfTheHeader) { GTEST_SKIP() << "SKIP: no cuda.h here"; }
#endif
