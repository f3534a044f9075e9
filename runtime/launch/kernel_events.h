// Emits the events of tegula/kernel_events.h.
#pragma once

#include "tegula/kernel_events.h"

namespace tegula::runtime {

/// Whether a hook is set: one load, on every launch.
bool has_event_hook();
void emit(const KernelEvent& event);

/// For metrics_text().
void count_compile(double milliseconds);

}  // namespace tegula::runtime
