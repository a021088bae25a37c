// Handlers that have ended the program, which are not to do so again.
//
// After a crash the program goes on as a process that was saved before it: there the object whose
// destructor was the cause, such as a thread that nobody has joined, still waits to be
// destroyed. What is known of that is in memory that all these processes share.
#define _GNU_SOURCE
#include "deadly_handlers.h"

#include <stddef.h>
#include <sys/mman.h>

enum { MOST_DEADLY = 64 };

struct forkrepl_deadly {
  struct forkrepl_handler_identity running; // in the process that runs, or ran last
  uint64_t count;                           // so many there have been
  struct forkrepl_handler_identity deadly[MOST_DEADLY];
};

struct forkrepl_deadly *forkrepl_deadly_handlers; // NULL: in a child of the program's

static _Atomic int depth; // of handlers that run in this process

void forkrepl_deadly_handlers_forget(void) { forkrepl_deadly_handlers = NULL; }

void forkrepl_deadly_handlers_begin(void) {
  void *shared = mmap(NULL, sizeof(struct forkrepl_deadly), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED ||
      forkrepl_register_atfork(NULL, NULL, forkrepl_deadly_handlers_forget, &depth) !=
          0)
    return;
  forkrepl_deadly_handlers = shared;
}

static int are_same(struct forkrepl_handler_identity one,
                    struct forkrepl_handler_identity other) {
  return one.function == other.function && one.argument == other.argument;
}

// What was running when another process ended has ended it.
static void note_deadly(struct forkrepl_deadly *known) {
  if (depth || !known->running.function)
    return;
  known->deadly[known->count++ % MOST_DEADLY] = known->running;
  known->running = (struct forkrepl_handler_identity){0, 0};
}

// Where a handler is among the deadly ones, or NULL.
static struct forkrepl_handler_identity *
find_deadly(struct forkrepl_deadly *known, struct forkrepl_handler_identity handler) {
  note_deadly(known);
  for (size_t i = 0; i < MOST_DEADLY && i < known->count; ++i)
    if (are_same(known->deadly[i], handler))
      return &known->deadly[i];
  return NULL;
}

void forkrepl_deadly_handlers_note(void) {
  if (forkrepl_deadly_handlers)
    note_deadly(forkrepl_deadly_handlers);
}

void forkrepl_handler_is_new(struct forkrepl_handler_identity handler) {
  struct forkrepl_deadly *known = forkrepl_deadly_handlers;
  struct forkrepl_handler_identity *found = known ? find_deadly(known, handler) : NULL;
  if (found)
    *found = (struct forkrepl_handler_identity){0, 0};
}

void forkrepl_handler_call(struct forkrepl_handler_identity handler,
                           void (*function)(void *), void *argument,
                           struct forkrepl_outcome *outcome) {
  struct forkrepl_deadly *known = forkrepl_deadly_handlers;
  if (!known)
    return forkrepl_guarded_call(function, argument, outcome);
  if (find_deadly(known, handler))
    return;
  struct forkrepl_handler_identity around = known->running;
  // Another thread that asks meanwhile sees that what runs has not ended the program.
  ++depth;
  known->running = handler;
  forkrepl_guarded_call(function, argument, outcome);
  known->running = around;
  --depth;
}
