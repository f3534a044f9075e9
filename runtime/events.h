// Where events come from.
#pragma once

#include "tegula/events.h"

namespace tegula::runtime {

/// Whether anybody listens: one load, on the way of every launch.
bool has_event_hook();
void emit(const Event& event);

/// For metrics_text().
void count_compile(double milliseconds);

}  // namespace tegula::runtime
