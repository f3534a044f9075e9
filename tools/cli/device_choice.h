// Which device the command line works on.
#pragma once

#include <memory>
#include <string>

#include "tegula/device.h"

namespace tegula::cli {

/// The device that --device names; else TEGULA_DEVICE's; else cuda:0 if there is one, else the
/// simulator, which standard error then says. Throws as open_device() does.
std::shared_ptr<Device> choose_device(const std::string& option);

}  // namespace tegula::cli
