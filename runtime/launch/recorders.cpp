#include "runtime/launch/recorders.h"

#include <utility>

namespace tegula::runtime {

namespace {
thread_local LaunchRecorder* innermost = nullptr;
thread_local KeyRecorder* innermost_keys = nullptr;
}  // namespace

LaunchRecorder::LaunchRecorder() : outer_(innermost) { innermost = this; }
LaunchRecorder::~LaunchRecorder() { innermost = outer_; }

bool LaunchRecorder::active() { return innermost != nullptr; }

void LaunchRecorder::record(LaunchTrace trace) {
  if (innermost != nullptr) innermost->launches_.push_back(std::move(trace));
}

KeyRecorder::KeyRecorder() : outer_(innermost_keys) { innermost_keys = this; }
KeyRecorder::~KeyRecorder() { innermost_keys = outer_; }

bool KeyRecorder::active() { return innermost_keys != nullptr; }

void KeyRecorder::record(cache::Key key) {
  if (innermost_keys != nullptr) innermost_keys->keys_.push_back(std::move(key));
}

}  // namespace tegula::runtime
