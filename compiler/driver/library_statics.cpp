// In libtegula_compiler.so no static object is ever destroyed. A program may launch a kernel, and
// so compile one, in the destructor of one of its static objects, in a function registered with
// atexit, or as a thread ends. LLVM's and MLIR's statics are made later than the program's and
// would be destroyed before.
//
// Destructors are registered through these two functions, of which this library has its own
// (library.map): those of statics are dropped, those of thread_locals run in a thread's last round
// of destructors, after everything that might compile.
#include <pthread.h>

#include <climits>
#include <cstdlib>

namespace {

struct Pending {
  void (*destroy)(void*);
  void* object;
  Pending* next;
};
thread_local Pending* pending = nullptr;
thread_local int rounds = 0;

pthread_key_t key;
void at_thread_end(void*) {
  // As long as the key is set again there is another round, up to the limit.
  if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS && pthread_setspecific(key, &key) == 0) return;
  while (Pending* last = pending) {
    pending = last->next;
    last->destroy(last->object);
    std::free(last);
  }
}
const bool has_key = pthread_key_create(&key, at_thread_end) == 0;

}  // namespace

extern "C" {

int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }

int __cxa_thread_atexit(void (*destroy)(void*), void* object, void*) {
  auto* added = static_cast<Pending*>(std::malloc(sizeof(Pending)));
  // Otherwise the object is not destroyed, which leaks its memory.
  if (added == nullptr || !has_key) return std::free(added), 0;
  *added = {destroy, object, pending};
  pending = added;
  pthread_setspecific(key, &key);
  return 0;
}

}  // extern "C"
