#include "tools/common/memory.h"

#include <unistd.h>

namespace tegula::tools {

double physical_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

}  // namespace tegula::tools
