// The end of the process by exit or quick_exit, from wherever: what the units have
// registered runs while their code is still mapped.
//
// Our lists have places in the C library's, so that the program's handlers run
// before those of the libraries that were there when they were registered.
#define _GNU_SOURCE
#include "deadly_handlers.h"

#include <stdio.h>
#include <stdlib.h>

static int is_attending;
static void (*tell)(int status);           // may be NULL
static uint64_t closed_since = UINT64_MAX; // handlers from this one on have run
static int quick_is_done;
static int quick_status = -1;

static void end(uint64_t first, int status) {
  if (closed_since == UINT64_MAX)
    forkrepl_thread_locals_run(NULL, NULL);
  forkrepl_handlers_run_since(first, status);
  forkrepl_units_finalize(first, status);
  closed_since = first;
}

// `number` is that of the first handler that runs at this place.
static void at_exit_place(int status, void *number) {
  uint64_t first = (uint64_t)number;
  if (first >= closed_since)
    return;
  // A handler may call exit itself, with another status: then this is called again
  // and goes on where it was left.
  on_exit(at_exit_place, number);
  end(first, status);
  if (first)
    return; // places of older handlers follow
  fflush(NULL);
  if (tell)
    tell(status);
}

static void at_quick_exit_place(void) {
  if (quick_is_done)
    return;
  at_quick_exit(at_quick_exit_place); // as above
  forkrepl_quick_handlers_run();
  quick_is_done = 1;
  if (tell && quick_status >= 0)
    tell(quick_status);
}

void forkrepl_attend_exit(void (*tell_status)(int status)) {
  is_attending = 1;
  forkrepl_deadly_handlers_begin();
  tell = tell_status;
  on_exit(at_exit_place, NULL);
  at_quick_exit(at_quick_exit_place);
}

void forkrepl_library_opened(void) {
  forkrepl_interpositions_apply();
  if (is_attending)
    on_exit(at_exit_place, (void *)(forkrepl_handlers_count() + 1));
}

void forkrepl_end(int status) {
  end(0, status);
  fflush(NULL);
}

void forkrepl_quick_exit(int status) {
  quick_status = status & 0xFF;
  quick_exit(status);
}
