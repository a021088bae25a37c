// The link units of this process: paired actions, done in order and undone in
// reverse.
#include "handlers.h"
#include "patch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// libgcc's registration of unwind tables (unwind-dw2-fde.h).
extern void __register_frame(void *);
extern void __deregister_frame(void *);

struct unit {
  struct unit *older;
  size_t next_finalizer;
  struct forkrepl_unit description;
  struct forkrepl_move *moves;
  uint64_t finalizers[];
};

static struct unit *newest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// A unit with copies of the description's arrays; NULL without memory.
static struct unit *create(const struct forkrepl_unit *description) {
  size_t bytes = description->finalizer_count * sizeof(uint64_t);
  size_t move_bytes = description->move_count * sizeof(struct forkrepl_move);
  struct unit *added = malloc(sizeof *added + bytes);
  struct forkrepl_move *moves = move_bytes ? malloc(move_bytes) : NULL;
  if (!added || (move_bytes && !moves)) {
    free(added);
    free(moves);
    return NULL;
  }
  added->next_finalizer = 0;
  added->description = *description;
  added->description.finalizers = added->finalizers;
  added->description.moves = added->moves = moves;
  if (bytes)
    memcpy(added->finalizers, description->finalizers, bytes);
  if (move_bytes)
    memcpy(moves, description->moves, move_bytes);
  return added;
}

static void destroy(struct unit *unit) {
  free(unit->moves);
  free(unit);
}

int forkrepl_unit_register(const struct forkrepl_unit *description) {
  struct unit *added = create(description);
  if (!added)
    return ENOMEM;
  int error = forkrepl_thread_locals_add(description);
  if (error) {
    destroy(added);
    return error;
  }
  error = forkrepl_variables_move(description->moves, description->move_count);
  if (error) {
    forkrepl_variables_return(description->moves, description->move_count);
    forkrepl_thread_locals_remove(description);
    destroy(added);
    return error;
  }
  if (description->eh_frame)
    __register_frame((void *)description->eh_frame);
  pthread_mutex_lock(&lock);
  added->older = newest;
  newest = added;
  pthread_mutex_unlock(&lock);
  return 0;
}

void forkrepl_choose_functions(const uint64_t *pairs, size_t count) {
  for (size_t i = 0; i < count; ++i)
    *(uint64_t *)pairs[2 * i] = ((uint64_t (*)(void))pairs[2 * i + 1])();
}

void *forkrepl_unit_of_address(const void *address) {
  void *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct unit *unit = newest; unit && !found; unit = unit->older)
    if ((uint64_t)address - unit->description.text_start <
        unit->description.text_size)
      found = (void *)unit->description.dso_handle;
  pthread_mutex_unlock(&lock);
  return found;
}

static void call_finalizer(void *function) { ((void (*)(void))function)(); }

static void close_unit(struct unit *unit, struct forkrepl_outcome *outcome) {
  void *dso_handle = (void *)unit->description.dso_handle;
  forkrepl_thread_locals_run(dso_handle, outcome);
  forkrepl_handlers_run(dso_handle, outcome);
  // Counted before it is called: one that calls exit is not run again.
  while (unit->next_finalizer < unit->description.finalizer_count)
    forkrepl_guarded_call(call_finalizer,
                          (void *)unit->finalizers[unit->next_finalizer++],
                          outcome);
  // A finalizer may have registered more.
  forkrepl_handlers_run(dso_handle, outcome);
  if (unit->description.eh_frame)
    __deregister_frame((void *)unit->description.eh_frame);
  forkrepl_variables_return(unit->moves, unit->description.move_count);
  forkrepl_thread_locals_remove(&unit->description);
}

int forkrepl_unit_close(uint64_t dso_handle, struct forkrepl_outcome *outcome) {
  memset(outcome, 0, sizeof *outcome);
  pthread_mutex_lock(&lock);
  struct unit *unit = newest;
  while (unit && unit->description.dso_handle != dso_handle)
    unit = unit->older;
  pthread_mutex_unlock(&lock);
  if (!unit)
    return ENOENT;

  // It stays on the list meanwhile: its handlers may register handlers.
  close_unit(unit, outcome);

  pthread_mutex_lock(&lock);
  struct unit **at = &newest;
  while (*at != unit)
    at = &(*at)->older;
  *at = unit->older;
  pthread_mutex_unlock(&lock);
  destroy(unit);
  return 0;
}

void forkrepl_close_all(void) {
  struct forkrepl_outcome ignored;
  // This thread's objects, then handlers, across units: that is the reverse of
  // construction.
  forkrepl_thread_locals_run(NULL, NULL);
  forkrepl_handlers_run(NULL, NULL);
  while (newest)
    forkrepl_unit_close(newest->description.dso_handle, &ignored);
}
