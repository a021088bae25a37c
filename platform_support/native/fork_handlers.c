// pthread_atfork for code that can be unmapped (POSIX.1-2017, pthread_atfork).
//
// The C library forgets such handlers only with the object that registered them,
// and it does not know our units. So it gets one set, for all: the functions here,
// which go through a list of ours.
#include "handlers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct fork_handler {
  struct fork_handler *older;
  uint64_t number; // they are counted, from 1
  void (*prepare)(void);
  void (*parent)(void);
  void (*child)(void);
  void *dso_handle;
};

static struct fork_handler *newest;
static uint64_t count;
static uint64_t last_of_this_fork; // what prepare registers is for the next one
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int registration_error;
static _Thread_local int are_skipped; // in this thread's forks

// A copy of the handlers before (or, if `upwards`, after) a number, none with number
// 0. It is looked up anew each time: one that is running may register others.
static struct fork_handler next_to(uint64_t number, int upwards) {
  struct fork_handler found = {0};
  pthread_mutex_lock(&lock);
  for (const struct fork_handler *at = newest; at; at = at->older)
    if (upwards && at->number > number)
      found = *at; // the oldest of them is the last to be seen
    else if (!upwards && at->number < number) {
      found = *at;
      break;
    }
  pthread_mutex_unlock(&lock);
  return found;
}

static void before_fork(void) {
  pthread_mutex_lock(&lock);
  uint64_t last = are_skipped ? 0 : count;
  pthread_mutex_unlock(&lock);
  struct fork_handler handler = {.number = last + 1};
  while ((handler = next_to(handler.number, 0)).number)
    if (handler.prepare)
      handler.prepare();
  // Held while the process is copied: the child finds the list as it should be.
  pthread_mutex_lock(&lock);
  last_of_this_fork = last;
}

static void after_fork(int in_child) {
  uint64_t last = last_of_this_fork;
  pthread_mutex_unlock(&lock);
  struct fork_handler handler = {.number = 0};
  while ((handler = next_to(handler.number, 1)).number && handler.number <= last) {
    void (*function)(void) = in_child ? handler.child : handler.parent;
    if (function)
      function();
  }
}

static void after_fork_in_parent(void) { after_fork(0); }

static void after_fork_in_child(void) { after_fork(1); }

static void register_ours(void) {
  registration_error =
      pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

int forkrepl_register_atfork(void (*prepare)(void), void (*parent)(void),
                             void (*child)(void), void *dso_handle) {
  pthread_once(&once, register_ours);
  if (registration_error)
    return registration_error;
  struct fork_handler *added = malloc(sizeof *added);
  if (!added)
    return ENOMEM;
  pthread_mutex_lock(&lock);
  *added = (struct fork_handler){newest, ++count, prepare, parent, child, dso_handle};
  newest = added;
  pthread_mutex_unlock(&lock);
  return 0;
}

int forkrepl_pthread_atfork(void (*prepare)(void), void (*parent)(void),
                            void (*child)(void)) {
  void (*any)(void) = prepare ? prepare : parent ? parent : child;
  void *owner = forkrepl_owner((const void *)any, __builtin_return_address(0));
  return forkrepl_register_atfork(prepare, parent, child, owner);
}

void forkrepl_fork_handlers_skip(int skip) { are_skipped = skip; }

void forkrepl_fork_handlers_drop(void *dso_handle, uint64_t text_start,
                                 uint64_t text_size) {
  pthread_mutex_lock(&lock);
  for (struct fork_handler **at = &newest; *at;) {
    struct fork_handler *handler = *at;
    if (handler->dso_handle == dso_handle ||
        (uint64_t)handler->prepare - text_start < text_size ||
        (uint64_t)handler->parent - text_start < text_size ||
        (uint64_t)handler->child - text_start < text_size) {
      *at = handler->older;
      free(handler);
    } else
      at = &handler->older;
  }
  pthread_mutex_unlock(&lock);
}
