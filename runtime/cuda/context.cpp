#include "runtime/cuda/context.h"

namespace tegula::cuda {

Result CurrentContext::enter(Context context) {
  const Driver& d = driver();
  Context current = nullptr;
  if (const Result result = d.cuCtxGetCurrent(&current); result != success) return result;
  if (current == context) return success;  // the usual case, at a third of the cost
  const Result result = d.cuCtxPushCurrent(context);
  pushed_ = result == success;
  return result;
}

CurrentContext::CurrentContext(Context context) {
  constexpr Result any_failure = 999;
  result_ = forked() ? any_failure : enter(context);
}

CurrentContext::CurrentContext(Context context, const std::string& where)
    : result_(enter(context)) {
  check(result_, where, "cuCtxPushCurrent");
}

CurrentContext::~CurrentContext() {
  Context popped = nullptr;
  if (pushed_) driver().cuCtxPopCurrent(&popped);
}

OutsideOfCaptures::OutsideOfCaptures() { driver().cuThreadExchangeStreamCaptureMode(&mode_); }
OutsideOfCaptures::~OutsideOfCaptures() { driver().cuThreadExchangeStreamCaptureMode(&mode_); }

}  // namespace tegula::cuda
