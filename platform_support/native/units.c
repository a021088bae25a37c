// The link units of this process: paired actions, done in order and undone in
// reverse.
#include "deadly_handlers.h"
#include "handlers.h"
#include "patch.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// libgcc's registration of unwind tables (unwind-dw2-fde.h).
extern void __register_frame(void *);
extern void __deregister_frame(void *);
extern const void *_Unwind_Find_FDE(void *, void *);

struct unit {
  struct unit *older;
  uint64_t first_handler; // the number that its first one would have
  int is_finalized;       // or on the way to it
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
  added->first_handler = forkrepl_handlers_count() + 1;
  added->is_finalized = 0;
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

// libgcc sorts the frames, in memory from malloc, when they are first looked for. That
// is done now, because later it may be in the handler of a crash in malloc.
static void register_frames(const struct forkrepl_unit *description) {
  void *bases[3]; // struct dwarf_eh_bases
  __register_frame((void *)description->eh_frame);
  _Unwind_Find_FDE((void *)description->text_start, bases);
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
    register_frames(description);
  for (size_t i = 0; i < description->finalizer_count; ++i)
    forkrepl_handler_is_new(
        (struct forkrepl_handler_identity){description->finalizers[i], 0});
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
    if ((uint64_t)address - unit->description.text_start < unit->description.text_size)
      found = (void *)unit->description.dso_handle;
  pthread_mutex_unlock(&lock);
  return found;
}

void *forkrepl_owner(const void *function, const void *caller) {
  void *owner = function ? forkrepl_unit_of_address(function) : NULL;
  return owner ? owner : forkrepl_unit_of_address(caller);
}

static void call_finalizer(void *function) { ((void (*)(void))function)(); }

static void run_finalizers(struct unit *unit, struct forkrepl_outcome *outcome) {
  if (unit->is_finalized) // one called exit: it is the last, as in the C library
    return;
  unit->is_finalized = 1;
  for (size_t i = 0; i < unit->description.finalizer_count; ++i)
    forkrepl_handler_call((struct forkrepl_handler_identity){unit->finalizers[i], 0},
                          call_finalizer, (void *)unit->finalizers[i], outcome);
}

// Runs what the unit has registered, then forgets what nobody is to call any more.
static void close_unit(struct unit *unit, struct forkrepl_outcome *outcome) {
  const struct forkrepl_unit *description = &unit->description;
  void *dso_handle = (void *)description->dso_handle;
  forkrepl_thread_locals_run(dso_handle, outcome);
  forkrepl_handlers_run(dso_handle, outcome);
  run_finalizers(unit, outcome);
  forkrepl_keys_delete(dso_handle, outcome); // those that no finalizer has deleted
  // Finalizers and destructors may have registered more.
  forkrepl_handlers_run(dso_handle, outcome);
  forkrepl_quick_handlers_drop(dso_handle);
  forkrepl_fork_handlers_drop(dso_handle, description->text_start,
                              description->text_size);
  outcome->restored_signals =
      forkrepl_signals_restore(description->text_start, description->text_size);
  if (description->eh_frame)
    __deregister_frame((void *)description->eh_frame);
  forkrepl_interpositions_drop(dso_handle);
  forkrepl_variables_return(unit->moves, description->move_count);
  forkrepl_thread_locals_remove(description);
  forkrepl_debugger_forget(description->dso_handle);
}

int forkrepl_unit_close(uint64_t dso_handle, struct forkrepl_outcome *outcome) {
  memset(outcome, 0, offsetof(struct forkrepl_outcome, causes));
  pthread_mutex_lock(&lock);
  struct unit *unit = newest;
  while (unit && unit->description.dso_handle != dso_handle)
    unit = unit->older;
  pthread_mutex_unlock(&lock);
  if (!unit)
    return ENOENT;

  forkrepl_deadly_handlers_note();
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

void forkrepl_units_finalize(uint64_t first, int status) {
  for (struct unit *unit = newest; unit && unit->first_handler >= first;
       unit = unit->older) {
    run_finalizers(unit, NULL);
    forkrepl_handlers_run_since(first, status); // which these may have registered
  }
}
