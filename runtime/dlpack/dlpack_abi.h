// The structs of DLPack, version 1, as C compilers lay them out: github.com/dmlc/dlpack,
// include/dlpack/dlpack.h. Declared here so that building needs no header of another project.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tegula::dlpack {

/// 1.1 brought the types of 8-bit floats; the structs are those of 1.0.
inline constexpr std::uint32_t major_version = 1, minor_version = 1;

/// DLDeviceType, as far as Tegula has such devices.
enum class DeviceType : std::int32_t { cpu = 1, cuda = 2, cuda_host = 3, cuda_managed = 13 };

/// DLDataTypeCode.
enum class TypeCode : std::uint8_t {
  signed_integer = 0,
  unsigned_integer = 1,
  ieee_float = 2,
  bfloat = 4,
  boolean = 6,
  float8_e4m3fn = 10,
  float8_e5m2 = 12,
};

struct Device {
  DeviceType type = DeviceType::cpu;
  std::int32_t id = 0;
};

struct DataType {
  TypeCode code = TypeCode::ieee_float;
  std::uint8_t bits = 0;  ///< of one lane
  std::uint16_t lanes = 1;
  friend bool operator==(const DataType&, const DataType&) = default;
};

/// DLTensor.
struct TensorView {
  void* data = nullptr;
  Device device;
  std::int32_t rank = 0;
  DataType dtype;
  std::int64_t* shape = nullptr;
  std::int64_t* strides = nullptr;  ///< in elements; null: row-major
  std::uint64_t byte_offset = 0;    ///< of the first element, from `data`
};

/// DLManagedTensor.
struct Managed {
  TensorView tensor;
  void* context = nullptr;              ///< the producer's
  void (*deleter)(Managed*) = nullptr;  ///< null: there is nothing to free
};

/// DLManagedTensorVersioned. The fields before `flags` are the same in all versions.
struct ManagedVersioned {
  std::uint32_t major = major_version, minor = minor_version;
  void* context = nullptr;
  void (*deleter)(ManagedVersioned*) = nullptr;
  std::uint64_t flags = 0;
  TensorView tensor;
};
inline constexpr std::uint64_t read_only_flag = 1;

static_assert(sizeof(TensorView) == 48 && sizeof(Managed) == 64 && sizeof(ManagedVersioned) == 80);
static_assert(offsetof(TensorView, device) == 8 && offsetof(TensorView, rank) == 16);
static_assert(offsetof(TensorView, dtype) == 20 && offsetof(TensorView, shape) == 24);
static_assert(offsetof(TensorView, strides) == 32 && offsetof(TensorView, byte_offset) == 40);
static_assert(offsetof(DataType, bits) == 1 && offsetof(DataType, lanes) == 2);
static_assert(offsetof(Managed, context) == 48 && offsetof(Managed, deleter) == 56);
static_assert(offsetof(ManagedVersioned, context) == 8 &&
              offsetof(ManagedVersioned, deleter) == 16);
static_assert(offsetof(ManagedVersioned, flags) == 24 && offsetof(ManagedVersioned, tensor) == 32);

}  // namespace tegula::dlpack
