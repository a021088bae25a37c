// atexit and __cxa_atexit for code that can be unmapped (Itanium C++ ABI,
// section 3.3.6 "DSO Object Destruction API"; C11 7.22.4.2).
//
// One list, newest first. Every record belongs to a unit, so that a unit's
// records can be run and dropped alone; what belongs to no unit runs at exit.
#include "handlers.h"

#include <pthread.h>
#include <stdlib.h>

struct handler {
  struct handler *older;
  void (*function)(void *);
  void *argument;
  void *dso_handle;
};

static struct handler *newest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int forkrepl_cxa_atexit(void (*function)(void *), void *argument,
                        void *dso_handle) {
  struct handler *added = malloc(sizeof *added);
  if (!added)
    return -1;
  added->function = function;
  added->argument = argument;
  added->dso_handle = dso_handle;
  pthread_mutex_lock(&lock);
  added->older = newest;
  newest = added;
  pthread_mutex_unlock(&lock);
  return 0;
}

static void call_without_argument(void *function) {
  ((void (*)(void))function)();
}

int forkrepl_atexit(void (*function)(void)) {
  // The handler must not outlive its own code, so it belongs to the unit that
  // holds that; a library's function belongs to the unit that registers it.
  void *owner = forkrepl_unit_of_address((const void *)function);
  if (!owner)
    owner = forkrepl_unit_of_address(__builtin_return_address(0));
  return forkrepl_cxa_atexit(call_without_argument, (void *)function, owner);
}

// The newest record that matches, taken off the list; NULL when none is left.
static struct handler *take_newest(void *dso_handle) {
  struct handler *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct handler **at = &newest; *at; at = &(*at)->older)
    if (!dso_handle || (*at)->dso_handle == dso_handle) {
      found = *at;
      *at = found->older;
      break;
    }
  pthread_mutex_unlock(&lock);
  return found;
}

void forkrepl_handlers_run(void *dso_handle, struct forkrepl_outcome *outcome) {
  struct handler *handler;
  // Taken off before it is called: a handler runs once, whatever it does.
  while ((handler = take_newest(dso_handle))) {
    void (*function)(void *) = handler->function;
    void *argument = handler->argument;
    free(handler);
    forkrepl_guarded_call(function, argument, outcome);
  }
}

void forkrepl_cxa_finalize(void *dso_handle) {
  forkrepl_handlers_run(dso_handle, NULL);
}
