// In libtegula_compiler.so nothing static is ever destroyed. A program may launch a kernel, and so
// compile one, in the destructor of a static object of its own, in a function given to atexit, or
// as a thread ends. LLVM's and MLIR's statics are younger than the program's and would be gone by
// then.
//
// Their destructors are registered through these two functions, which this library has for itself
// (library.map): those of statics are forgotten, those of thread_locals run in the last round of
// destructors that a thread has, after all that might compile.
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
  // As long as it is set again there is another round, up to the last one.
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
  // Else it is not destroyed, which costs its memory.
  if (added == nullptr || !has_key) return std::free(added), 0;
  *added = {destroy, object, pending};
  pending = added;
  pthread_setspecific(key, &key);
  return 0;
}

}  // extern "C"
