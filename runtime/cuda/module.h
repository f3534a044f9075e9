// A kernel in the driver's hands.
#pragma once

#include <memory>
#include <string>

#include "runtime/cuda/driver.h"
#include "runtime/format/entry.h"
#include "tegula/device.h"

namespace tegula::cuda {

class LoadedModule final : public LoadedKernel {
 public:
  /// The context must be current. `shared_limit`: bytes that a block of the device may ask for.
  /// Throws Error{corrupt_data} for an image of the simulator, Error{environment} with the driver's
  /// log if the driver refuses, Error{out_of_resources} if it lacks memory, or the device shared
  /// memory.
  LoadedModule(const std::string& device, Context context, int shared_limit,
               const format::Entry& entry);
  ~LoadedModule() override;

  Function function() const { return function_; }

 private:
  Context context_;
  Module module_ = nullptr;
  Function function_ = nullptr;
};

}  // namespace tegula::cuda
