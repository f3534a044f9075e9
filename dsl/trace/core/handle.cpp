#include "tegula/dsl/handle.h"

#include "dsl/trace/core/tracer.h"

namespace tegula::detail {

Handle::Handle() { link(Tracer::current()); }

Handle::Handle(Tracer& tracer, ValueId value) : value_(value) { link(&tracer); }

Handle::Handle(const Handle& other) : value_(other.value_) { link(other.tracer_); }

Handle& Handle::operator=(const Handle& other) {
  if (other.tracer_ != nullptr && tracer_ != other.tracer_) {
    unlink();
    link(other.tracer_);
  }
  value_ = other.value_;
  return *this;
}

Handle::~Handle() { unlink(); }

void Handle::link(Tracer* tracer) {
  tracer_ = tracer;
  if (tracer != nullptr) tracer->link(*this);
}

void Handle::unlink() {
  if (tracer_ != nullptr) tracer_->unlink(*this);
  tracer_ = nullptr;
}

void Tracer::link(Handle& handle) {
  handle.previous_ = nullptr;
  handle.next_ = handles_;
  if (handles_ != nullptr) handles_->previous_ = &handle;
  handles_ = &handle;
}

void Tracer::unlink(Handle& handle) {
  if (handle.next_ != nullptr) handle.next_->previous_ = handle.previous_;
  if (handle.previous_ != nullptr)
    handle.previous_->next_ = handle.next_;
  else
    handles_ = handle.next_;
  handle.next_ = handle.previous_ = nullptr;
  for (Frame& frame : frames_)
    for (Held& held : frame.held)
      if (held.handle == &handle) held.handle = nullptr;
}

}  // namespace tegula::detail
