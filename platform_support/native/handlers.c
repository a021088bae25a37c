// atexit, on_exit, at_quick_exit and what C++ makes of destructors, for code that
// can be unmapped (Itanium C++ ABI, section 3.3.6 "DSO Object Destruction API"; C11
// 7.22.4; on_exit(3)).
//
// Two lists, newest first: what runs at exit, and what at quick_exit. A record goes with
// the unit that has registered it, as with a shared object, and with the unit that holds
// the function, because it must not outlive its code: whichever is first. What belongs
// to no unit runs at the end.
#include "deadly_handlers.h"

#include <pthread.h>
#include <stdlib.h>

struct handler {
  struct handler *older;
  void *registrar; // the __dso_handle of the unit that registered it; NULL: of none
  void *holder;    // the same of the unit that holds the function
  uint64_t number; // they are counted, from 1
  void (*function)(void *);
  void (*with_status)(int, void *); // instead, if it came by on_exit
  void *argument;
};

static struct handler *normal; // what exit runs
static struct handler *quick;  // what quick_exit runs
static uint64_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct forkrepl_handler_identity identity(const struct handler *handler) {
  uint64_t function =
      handler->function ? (uint64_t)handler->function : (uint64_t)handler->with_status;
  return (struct forkrepl_handler_identity){function, (uint64_t)handler->argument};
}

// Adds a copy to a list. `code`: the user's function. 0, or -1 without memory.
static int add(struct handler **list, struct handler handler, const void *code) {
  handler.holder = forkrepl_unit_of_address(code);
  struct handler *added = malloc(sizeof *added);
  if (!added)
    return -1;
  *added = handler;
  forkrepl_handler_is_new(identity(added));
  pthread_mutex_lock(&lock);
  added->number = ++count;
  added->older = *list;
  *list = added;
  pthread_mutex_unlock(&lock);
  return 0;
}

static void call_without_argument(void *function) { ((void (*)(void))function)(); }

int forkrepl_cxa_atexit(void (*function)(void *), void *argument, void *dso_handle) {
  struct handler handler = {
      .registrar = dso_handle, .function = function, .argument = argument};
  return add(&normal, handler, (const void *)function);
}

// For functions that are registered without a __dso_handle.
static struct handler without_argument(void (*function)(void), const void *caller) {
  return (struct handler){.registrar = forkrepl_unit_of_address(caller),
                          .function = call_without_argument,
                          .argument = (void *)function};
}

int forkrepl_atexit(void (*function)(void)) {
  const void *caller = __builtin_return_address(0);
  return add(&normal, without_argument(function, caller), (const void *)function);
}

int forkrepl_on_exit(void (*function)(int, void *), void *argument) {
  const void *caller = __builtin_return_address(0);
  struct handler handler = {.registrar = forkrepl_unit_of_address(caller),
                            .with_status = function,
                            .argument = argument};
  return add(&normal, handler, (const void *)function);
}

int forkrepl_cxa_at_quick_exit(void (*function)(void *), void *dso_handle) {
  struct handler handler = {.registrar = dso_handle, .function = function};
  return add(&quick, handler, (const void *)function);
}

int forkrepl_at_quick_exit(void (*function)(void)) {
  const void *caller = __builtin_return_address(0);
  return add(&quick, without_argument(function, caller), (const void *)function);
}

int forkrepl_handler_cancel(void (*function)(void *), void *argument) {
  struct handler *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct handler **at = &normal; *at; at = &(*at)->older)
    if ((*at)->function == function && (*at)->argument == argument) {
      found = *at;
      *at = found->older;
      break;
    }
  pthread_mutex_unlock(&lock);
  int was_there = found != NULL;
  free(found);
  return was_there;
}

uint64_t forkrepl_handlers_count(void) {
  pthread_mutex_lock(&lock);
  uint64_t result = count;
  pthread_mutex_unlock(&lock);
  return result;
}

// The newest record of a unit (NULL: of any) that has at least this number, taken
// off the list; NULL when none is left.
static struct handler *take_newest(struct handler **list, void *dso_handle,
                                   uint64_t first) {
  struct handler *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct handler **at = list; *at && (*at)->number >= first; at = &(*at)->older)
    if (!dso_handle || (*at)->registrar == dso_handle || (*at)->holder == dso_handle) {
      found = *at;
      *at = found->older;
      break;
    }
  pthread_mutex_unlock(&lock);
  return found;
}

struct call {
  struct handler handler;
  int status;
};

static void call_handler(void *argument) {
  const struct call *call = argument;
  if (call->handler.with_status)
    call->handler.with_status(call->status, call->handler.argument);
  else
    call->handler.function(call->handler.argument);
}

static void run(struct handler **list, void *dso_handle, uint64_t first, int status,
                struct forkrepl_outcome *outcome) {
  struct handler *handler;
  // Taken off before it is called: a handler runs once, whatever it does.
  while ((handler = take_newest(list, dso_handle, first))) {
    struct call call = {*handler, status};
    free(handler);
    forkrepl_handler_call(identity(&call.handler), call_handler, &call, outcome);
  }
}

void forkrepl_handlers_run(void *dso_handle, struct forkrepl_outcome *outcome) {
  run(&normal, dso_handle, 0, 0, outcome);
}

void forkrepl_handlers_run_since(uint64_t first, int status) {
  run(&normal, NULL, first, status, NULL);
}

void forkrepl_quick_handlers_run(void) { run(&quick, NULL, 0, 0, NULL); }

void forkrepl_quick_handlers_drop(void *dso_handle) {
  struct handler *handler;
  while ((handler = take_newest(&quick, dso_handle, 0)))
    free(handler);
}

void forkrepl_cxa_finalize(void *dso_handle) {
  forkrepl_handlers_run(dso_handle, NULL);
  forkrepl_quick_handlers_drop(dso_handle);
  if (dso_handle)
    forkrepl_fork_handlers_drop(dso_handle, 0, 0);
}
