// Where exceptions were thrown. When one has left the program's code, the stack is gone
// on which it was thrown; so the calls are noted at each throw, also of those that
// somebody catches: that must cost little.
//
// Libraries too throw by way of here, because this library comes before the C++ library
// in the order in which symbols are looked for. Rethrowing does not, so what is noted is
// the first throw: also in another thread, by way of std::exception_ptr.
#define _GNU_SOURCE
#include "thrown.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

typedef void (*throw_function)(void *, void *, void (*)(void *));
typedef void *(*make_function)(void *, void *, void (*)(void *));

// Found by the exception's address, which the C++ library keeps through all rethrows.
// One that is not caught for long may lose its place to another; addresses come again,
// so a loop that throws and catches uses a single place.
enum { PLACES = 64 };
enum { LONGEST_THROW = 256 }; // bytes of code of __cxa_throw
static struct place {
  atomic_int is_in_use; // being written, or, in a fork, perhaps for ever
  const void *_Atomic exception;
  struct forkrepl_trace trace;
} places[PLACES];

static throw_function throw_on;
static make_function make_on;

// This library's code.
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

__attribute__((constructor)) static void find_next(void) {
  throw_on = (throw_function)dlsym(RTLD_NEXT, "__cxa_throw");
  make_on = (make_function)dlsym(RTLD_NEXT, "__cxa_init_primary_exception");
}

static struct place *place_of(const void *exception) {
  return &places[((uint64_t)exception >> 4) * 0x9E3779B97F4A7C15u >> 58];
}

// A call on the stack: where it returns to, and the stack pointer then. The word below
// holds the first, or `stack` is 0 (in what a signal has interrupted).
struct call {
  uint64_t pc;
  uint64_t stack;
};

struct walk {
  uint32_t count;
  uint32_t is_complete;
  struct call calls[FORKREPL_MOST_THROW_FRAMES];
};

// A program that throws often throws from the same calls: then the unwinder, which takes
// as long as the throw itself, is not asked again for what is still on the stack.
static _Thread_local struct walk last;
static _Thread_local int is_walking; // a signal handler may throw in the midst

static int is_on_stack(const struct call *call) {
  return call->stack && *(const uint64_t *)(call->stack - sizeof(uint64_t)) == call->pc;
}

// Takes what is left of the last walk, if that came by this call, and the same calls are
// on the stack still. (Of a frame of variable size remains may look so.)
static int ends_as_last(struct walk *walk, uint64_t pc, uint64_t stack) {
  uint32_t same = 0;
  while (same < last.count && last.calls[same].stack < stack)
    ++same;
  if (same == last.count || last.calls[same].stack != stack ||
      last.calls[same].pc != pc)
    return 0;
  uint32_t left = last.count - same, room = FORKREPL_MOST_THROW_FRAMES - walk->count;
  // Of one that was cut there is no more to be known.
  if (!last.is_complete && left < room)
    return 0;
  for (uint32_t i = same + 1; i < last.count; ++i)
    if (!is_on_stack(&last.calls[i]))
      return 0;
  walk->is_complete = last.is_complete && left <= room;
  left = left < room ? left : room;
  memcpy(walk->calls + walk->count, last.calls + same, left * sizeof *last.calls);
  walk->count += left;
  return 1;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument) {
  struct walk *walk = argument;
  struct call call = {_Unwind_GetIP(context), _Unwind_GetCFA(context)};
  if (call.pc - (uint64_t)__ehdr_start < (uint64_t)(etext - __ehdr_start)) {
    if (!walk->count) // still here
      return _URC_NO_REASON;
    walk->is_complete = 1; // what is below has called the program
    return _URC_NORMAL_STOP;
  }
  if (walk->count == FORKREPL_MOST_THROW_FRAMES ||
      ends_as_last(walk, call.pc, call.stack))
    return _URC_NORMAL_STOP;
  if (!is_on_stack(&call))
    call.stack = 0;
  walk->calls[walk->count++] = call;
  return _URC_NO_REASON;
}

static void keep(const void *exception) {
  struct place *place = place_of(exception);
  if (atomic_exchange(&place->is_in_use, 1))
    return;
  place->trace.count = last.count;
  place->trace.is_complete = last.is_complete;
  for (uint32_t i = 0; i < last.count; ++i)
    place->trace.frames[i] = last.calls[i].pc;
  atomic_store(&place->exception, exception);
  atomic_store(&place->is_in_use, 0);
}

// `pc` and `stack`: of the call of this library.
static void note(const void *exception, uint64_t pc, uint64_t stack) {
  struct walk walk = {0, 0, {{0, 0}}};
  if (is_walking)
    return;
  is_walking = 1;
  if (!ends_as_last(&walk, pc, stack) &&
      _Unwind_Backtrace(visit, &walk) == _URC_END_OF_STACK)
    walk.is_complete = 1;
  last = walk;
  keep(exception);
  is_walking = 0;
}

int forkrepl_find_throw(const void *exception, struct forkrepl_trace *trace) {
  struct place *place = place_of(exception);
  int is_known = 0;
  trace->count = trace->is_complete = 0;
  if (!exception || atomic_exchange(&place->is_in_use, 1))
    return 0;
  if (atomic_load(&place->exception) == exception) {
    *trace = place->trace;
    is_known = 1;
  }
  atomic_store(&place->is_in_use, 0);
  return is_known;
}

// Instead of the C++ library's, which they call.

#define RETURN_ADDRESS ((uint64_t)__builtin_return_address(0))
#define STACK_OF_CALLER ((uint64_t)__builtin_frame_address(0) + 2 * sizeof(void *))

_Noreturn void __cxa_throw(void *exception, void *type, void (*destroy)(void *)) {
  note(exception, RETURN_ADDRESS, STACK_OF_CALLER);
  throw_on(exception, type, destroy);
  abort();
}

// Of std::make_exception_ptr, which throws nothing.
void *__cxa_init_primary_exception(void *exception, void *type,
                                   void (*destroy)(void *)) {
  // The C++ library's throw may itself call this.
  if (RETURN_ADDRESS - (uint64_t)throw_on > LONGEST_THROW)
    note(exception, RETURN_ADDRESS, STACK_OF_CALLER);
  return make_on(exception, type, destroy);
}
