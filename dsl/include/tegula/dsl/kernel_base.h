// A kernel without its C++ types, for tools, tests and the tuner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tegula/access.h"
#include "tegula/device.h"
#include "tegula/dsl/config.h"
#include "tegula/dsl/parameter.h"
#include "tegula/kernel_argument.h"

#pragma GCC visibility push(default)
namespace tegula {

namespace detail {
/// All kernel objects with the same name, function and parameters are one kernel. When the last of
/// them is destroyed, the code may be gone as well: a plug-in that is loaded again can have another
/// function at the same address. So a kernel that is defined after code was unloaded is a new
/// generation, and another kernel.
struct KernelOrigin {
  std::uint64_t objects = 0;     ///< that exist
  std::uint64_t generation = 0;  ///< how often the code may have changed
  std::uint64_t unloads = 0;     ///< of the process, when the last object was destroyed
};
}  // namespace detail

/// A parameter, from the kernel's signature and its declarations.
struct ParameterInfo {
  enum class Kind : std::uint8_t { tensor, scalar };
  using Access = tegula::Access;
  Kind kind = Kind::tensor;
  Access access = Access::in;
  bool optional = false;
  DType dtype = DType::f32;  ///< of scalars
  std::string name;
  std::vector<int> specialised_dims;
};

class KernelBase {
 public:
  virtual ~KernelBase();
  KernelBase(const KernelBase&) = delete;
  KernelBase& operator=(const KernelBase&) = delete;

  const std::string& name() const { return name_; }
  /// Where kernel(...) was called: "file:line:column".
  std::string location() const;
  const std::vector<ParameterInfo>& parameters() const { return parameters_; }
  const std::vector<ConfigFieldInfo>& fields() const { return fields_; }

  /// The values that the struct initialises its fields with.
  Config default_config() const;
  /// Throws Error{invalid_argument} if there is no such field, or if it cannot hold the value.
  void set(Config& config, std::string_view field, std::int64_t value) const;
  /// "bn=1024,warps=4".
  std::string to_text(const Config& config) const;
  /// False if the kernel's `.prune` rule rejects the config.
  virtual bool feasible(const Config& config) const = 0;

  /// The serialised Program of the specialisation for these arguments. Throws Error{kernel} for a
  /// mistake by the kernel's author, Error{invalid_argument} for one by the caller.
  std::vector<std::byte> trace_program(const Config& config,
                                       std::span<const KernelArgument> arguments) const;

  /// Traces and compiles, unless this process has done so for these classes of arguments, then
  /// launches. Makes strides that cannot matter canonical in `arguments`. Throws what tracing,
  /// compiling and runtime::launch throw.
  void launch(Stream& stream, const Config& config, std::span<KernelArgument> arguments) const;

 protected:
  /// `function`: its address, which distinguishes kernels of the same name. `config_fields`: how
  /// many fields the config struct has.
  KernelBase(const char* name, std::uintptr_t function, std::size_t config_fields,
             std::vector<ParameterInfo> parameters, const std::source_location& at);

  /// Calls the kernel's function with a tracer in place.
  virtual void run(const Config& config, std::span<const detail::ParameterSlot> slots) const = 0;

  /// Drops fields beyond Config::capacity, which is an error at the kernel's first use.
  void add_field(ConfigFieldInfo field);
  void specialise(std::string_view parameter, int dimension);

 private:
  friend struct KernelAccess;
  /// Adds a fact to `definition_`'s hash.
  void define(const char* what, std::string_view name, std::uint64_t value);
  struct SpecialisedDim {
    std::string parameter;
    int dimension;
  };
  /// Throws for mistakes in the definition. Kernels are statics, whose constructors must not throw,
  /// so this is called at the first use.
  void check_definition() const;

  std::string name_;
  std::size_t config_fields_;
  std::size_t registered_fields_ = 0;  ///< including those that were dropped
  std::vector<ParameterInfo> parameters_;
  std::vector<ConfigFieldInfo> fields_;
  std::vector<SpecialisedDim> declarations_;
  std::source_location at_;
  detail::KernelOrigin* origin_ = nullptr;  ///< lives as long as the process
  /// A hash of what distinguishes this kernel from all others: name, function, parameters, the
  /// origin's generation, config fields in their order, specialised dimensions.
  std::array<std::uint64_t, 2> definition_{};
};

/// The kernels that exist in this process, in the order of their definition.
std::vector<const KernelBase*> kernels();

/// Checked tracing traces every kernel twice and compares the results, and traces once more at each
/// launch. It finds kernels that read host state other than their config: the value at the first
/// launch is compiled in, and stays when the state changes. A launch then costs as much as a trace.
/// The default is on in debug builds of the library; the environment variable
/// TEGULA_CHECKED_TRACING, 0 or 1, overrides it.
void set_checked_tracing(bool on);
bool checked_tracing();

}  // namespace tegula
#pragma GCC visibility pop
