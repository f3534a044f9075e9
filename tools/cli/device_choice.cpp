#include "tools/cli/device_choice.h"

#include <cstdio>
#include <cstdlib>

#include "tegula/error.h"

namespace tegula::cli {

std::shared_ptr<Device> choose_device(const std::string& option) {
  if (!option.empty()) return open_device(option);
  if (const char* variable = std::getenv("TEGULA_DEVICE"); variable != nullptr && *variable != 0) {
    try {
      return open_device(variable);
    } catch (const Error& error) {
      ErrorDetails details = error.details();
      details.where = "TEGULA_DEVICE";  // nothing on the command line would explain the message
      throw Error(error.code(), details);
    }
  }
  try {
    return open_device("cuda:0");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::environment) throw;
    auto device = open_device("sim");
    std::fprintf(stderr, "tegula: no cuda:0 (%s): using the simulator, %s\n",
                 error.details().problem.c_str(), device->name().c_str());
    return device;
  }
}

}  // namespace tegula::cli
