// Functions registered to run before their unit goes (internal interface).
#pragma once

#include "forkrepl_platform.h"

#ifdef __cplusplus
extern "C" {
#endif

// Runs and forgets the handlers of one unit, or of all with NULL, newest
// first, including those registered meanwhile. A handler that throws is
// reported in `outcome` (may be NULL) and the rest still run.
void forkrepl_handlers_run(void *dso_handle, struct forkrepl_outcome *outcome);

// The same at exit(status), for those of all units from one number on. One that
// throws ends the process, as it does without us.
void forkrepl_handlers_run_since(uint64_t first, int status);

// Takes a handler of forkrepl_cxa_atexit off the list. 0: it is not on it any more.
int forkrepl_handler_cancel(void (*function)(void *), void *argument);

// How many there have been; they are numbered from 1.
uint64_t forkrepl_handlers_count(void);

// What quick_exit runs; what a unit that goes leaves behind does not run.
void forkrepl_quick_handlers_run(void);
void forkrepl_quick_handlers_drop(void *dso_handle);

// A snippet of this unit (NULL: of none) runs from now on, and may hand over values.
void forkrepl_values_begin(void *dso_handle, struct forkrepl_outcome *outcome);
void forkrepl_values_end(void);

// At exit: runs the finalizers of the units that came with or after this handler,
// and what they register.
void forkrepl_units_finalize(uint64_t first, int status);

// Forgets what pthread_atfork registered for a unit, or from its code.
void forkrepl_fork_handlers_drop(void *dso_handle, uint64_t text_start,
                                 uint64_t text_size);

// Deletes a unit's thread-specific keys. The calling thread's values are destroyed,
// those of other threads are not.
void forkrepl_keys_delete(void *dso_handle, struct forkrepl_outcome *outcome);

// Points the libraries to the functions that a unit had replaced, or to an older unit's.
void forkrepl_interpositions_drop(void *dso_handle);

// The same as when they were replaced, for libraries that have been opened since.
void forkrepl_interpositions_apply(void);

// Restores the default action of signals with handlers in this code. Returns
// which: bit 0 for signal 1.
uint64_t forkrepl_signals_restore(uint64_t text_start, uint64_t text_size);

// A unit's thread-local variables: 0 if there is memory for them.
int forkrepl_thread_locals_add(const struct forkrepl_unit *unit);
void forkrepl_thread_locals_remove(const struct forkrepl_unit *unit);

// Destroys the thread-local objects of a unit that goes, of all threads, here (the
// threads' own ends come too late); or with NULL all of the calling thread.
void forkrepl_thread_locals_run(void *dso_handle, struct forkrepl_outcome *outcome);

// Which unit's code is at this address: its __dso_handle, or NULL.
void *forkrepl_unit_of_address(const void *address);

// To which unit a registered function belongs. It must not outlive its own code, so
// that is the unit that holds it; a library's function belongs to the unit that
// registers it. NULL: neither is a unit's.
void *forkrepl_owner(const void *function, const void *caller);

// Calls function(argument) behind the exception barrier. Without an outcome there is
// nobody to tell of an exception: it ends the process by std::terminate.
void forkrepl_guarded_call(void (*function)(void *), void *argument,
                           struct forkrepl_outcome *outcome);

#ifdef __cplusplus
}
#endif
