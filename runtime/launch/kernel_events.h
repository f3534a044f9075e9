// Where events come from.
#pragma once

#include "tegula/kernel_events.h"

namespace tegula::runtime {

/// Whether anybody listens: one load, on the way of every launch.
bool has_event_hook();
void emit(const KernelEvent& event);

/// For metrics_text().
void count_compile(double milliseconds);

}  // namespace tegula::runtime
