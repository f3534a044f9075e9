// The part of the CUDA driver's interface that is used, declared here so that neither building nor
// starting needs CUDA: libcuda.so.1 is opened with the first CUDA device.
// tests/runtime/cuda/declarations_test.cpp compares the declarations with cuda.h, where there is
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tegula/error.h"

namespace tegula::cuda {

using Result = int;
constexpr Result success = 0;

using DeviceNumber = int;
using DevicePointer = std::uint64_t;
using Context = struct ContextHandle*;
using Module = struct ModuleHandle*;
using Function = struct FunctionHandle*;
using CudaStream = struct StreamHandle*;
using CudaEvent = struct EventHandle*;
using MemoryPool = struct MemoryPoolHandle*;

/// CUlaunchConfig.
struct LaunchConfig {
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned dynamic_shared;
  CudaStream stream;
  void* attributes;
  unsigned attribute_count;
};

/// CUmemPoolProps.
struct MemoryPoolProperties {
  int allocation_type = 1;  ///< pinned: the only one
  int handle_types = 0;     ///< not shared with other processes
  int location_type = 1;    ///< on the device
  int location_id = 0;
  void* windows_security = nullptr;
  std::size_t max_size = 0;
  unsigned short usage = 0;
  unsigned char reserved[54] = {};
};

// CUdevice_attribute
constexpr int multiprocessor_count = 16, compute_major = 75, compute_minor = 76,
              max_shared_bytes = 97, memory_pools_supported = 115;
// CUfunction_attribute
constexpr int max_dynamic_shared_bytes = 8;
// CUjit_option
constexpr int jit_info_log_buffer = 3, jit_info_log_bytes = 4, jit_error_log_buffer = 5,
              jit_error_log_bytes = 6;
// CUmemPool_attribute
constexpr int pool_release_threshold = 4;
// CUresult
constexpr Result out_of_memory = 2, no_device = 100, invalid_image = 200, no_binary_for_gpu = 209,
                 invalid_ptx = 218, unsupported_ptx_version = 222, illegal_address = 700,
                 launch_out_of_resources = 701, launch_timeout = 702, assert_failed = 710,
                 hardware_stack_error = 714, illegal_instruction = 715, misaligned_address = 716,
                 invalid_address_space = 717, invalid_pc = 718, launch_failed = 719,
                 not_ready = 600, capture_unsupported = 900, captured_event = 907,
                 capture_wrong_thread = 908, invalid_cluster_size = 912;
// CUevent_flags, CUstream_flags
constexpr unsigned event_without_timing = 2, stream_non_blocking = 1;

// F(name as in cuda.h, name that libcuda exports, parameters)
#define TEGULA_CUDA_FUNCTIONS(F)                                                                \
  F(cuInit, "cuInit", (unsigned))                                                               \
  F(cuDriverGetVersion, "cuDriverGetVersion", (int*))                                           \
  F(cuGetErrorName, "cuGetErrorName", (Result, const char**))                                   \
  F(cuGetErrorString, "cuGetErrorString", (Result, const char**))                               \
  F(cuDeviceGetCount, "cuDeviceGetCount", (int*))                                               \
  F(cuDeviceGet, "cuDeviceGet", (DeviceNumber*, int))                                           \
  F(cuDeviceGetName, "cuDeviceGetName", (char*, int, DeviceNumber))                             \
  F(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int*, int, DeviceNumber))                    \
  F(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (Context*, DeviceNumber))             \
  F(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (DeviceNumber))                  \
  F(cuCtxGetCurrent, "cuCtxGetCurrent", (Context*))                                             \
  F(cuCtxPushCurrent, "cuCtxPushCurrent_v2", (Context))                                         \
  F(cuCtxPopCurrent, "cuCtxPopCurrent_v2", (Context*))                                          \
  F(cuMemAlloc, "cuMemAlloc_v2", (DevicePointer*, std::size_t))                                 \
  F(cuMemFree, "cuMemFree_v2", (DevicePointer))                                                 \
  F(cuMemPoolCreate, "cuMemPoolCreate", (MemoryPool*, const MemoryPoolProperties*))             \
  F(cuMemPoolDestroy, "cuMemPoolDestroy", (MemoryPool))                                         \
  F(cuMemPoolSetAttribute, "cuMemPoolSetAttribute", (MemoryPool, int, void*))                   \
  F(cuMemAllocFromPoolAsync, "cuMemAllocFromPoolAsync",                                         \
    (DevicePointer*, std::size_t, MemoryPool, CudaStream))                                      \
  F(cuMemFreeAsync, "cuMemFreeAsync", (DevicePointer, CudaStream))                              \
  F(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2",                                                  \
    (DevicePointer, const void*, std::size_t, CudaStream))                                      \
  F(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void*, DevicePointer, std::size_t, CudaStream)) \
  F(cuModuleLoadDataEx, "cuModuleLoadDataEx", (Module*, const void*, unsigned, int*, void**))   \
  F(cuModuleUnload, "cuModuleUnload", (Module))                                                 \
  F(cuModuleGetFunction, "cuModuleGetFunction", (Function*, Module, const char*))               \
  F(cuFuncSetAttribute, "cuFuncSetAttribute", (Function, int, int))                             \
  F(cuLaunchKernelEx, "cuLaunchKernelEx", (const LaunchConfig*, Function, void**, void**))      \
  F(cuStreamCreate, "cuStreamCreate", (CudaStream*, unsigned))                                  \
  F(cuStreamDestroy, "cuStreamDestroy_v2", (CudaStream))                                        \
  F(cuStreamSynchronize, "cuStreamSynchronize", (CudaStream))                                   \
  F(cuStreamIsCapturing, "cuStreamIsCapturing", (CudaStream, int*))                             \
  F(cuTensorMapEncodeTiled, "cuTensorMapEncodeTiled",                                           \
    (void*, int, unsigned, void*, const std::uint64_t*, const std::uint64_t*, const unsigned*,  \
     const unsigned*, int, int, int, int))                                                      \
  F(cuStreamWaitEvent, "cuStreamWaitEvent", (CudaStream, CudaEvent, unsigned))                  \
  F(cuEventCreate, "cuEventCreate", (CudaEvent*, unsigned))                                     \
  F(cuEventDestroy, "cuEventDestroy_v2", (CudaEvent))                                           \
  F(cuEventRecord, "cuEventRecord", (CudaEvent, CudaStream))                                    \
  F(cuEventQuery, "cuEventQuery", (CudaEvent))                                                  \
  F(cuEventSynchronize, "cuEventSynchronize", (CudaEvent))                                      \
  F(cuEventElapsedTime, "cuEventElapsedTime", (float*, CudaEvent, CudaEvent))                   \
  F(cuThreadExchangeStreamCaptureMode, "cuThreadExchangeStreamCaptureMode", (int*))

/// The driver's functions, under their names in cuda.h.
struct Driver {
#define TEGULA_CUDA_MEMBER(name, exported, parameters) Result(*name) parameters = nullptr;
  TEGULA_CUDA_FUNCTIONS(TEGULA_CUDA_MEMBER)
#undef TEGULA_CUDA_MEMBER
};

/// Opens and initialises the driver at the first call. Throws Error{environment} if there is no
/// libcuda.so.1, if it lacks a function, if cuInit fails, or in a process that was forked from one
/// that had opened the driver, where CUDA does not work.
const Driver& driver();

/// Whether this process was forked from one that had opened the driver.
bool forked();

/// The code of the Error that check() throws for a failure.
ErrorCode code_of(Result result);

/// "CUDA_ERROR_OUT_OF_MEMORY (2): out of memory".
std::string describe(Result result);

/// Throws if `result` is a failure: Error{out_of_resources} for lack of memory or of what a launch
/// needs, Error{device_fault} for a kernel's fault, Error{corrupt_data} for a binary that the
/// driver cannot take, Error{environment} for the rest. The message begins with `where`; `call`
/// names the driver's function.
void check(Result result, const std::string& where, const char* call);

}  // namespace tegula::cuda
