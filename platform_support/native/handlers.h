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

// A unit's thread-local variables: 0 if there is memory for them.
int forkrepl_thread_locals_add(const struct forkrepl_unit *unit);
void forkrepl_thread_locals_remove(const struct forkrepl_unit *unit);

// Destroys the thread-local objects of a unit that goes, of all threads, here (the
// threads' own ends come too late); or with NULL all of the calling thread.
void forkrepl_thread_locals_run(void *dso_handle,
                                struct forkrepl_outcome *outcome);

// Which unit's code is at this address: its __dso_handle, or NULL.
void *forkrepl_unit_of_address(const void *address);

// Calls function(argument) behind the exception barrier.
void forkrepl_guarded_call(void (*function)(void *), void *argument,
                           struct forkrepl_outcome *outcome);

#ifdef __cplusplus
}
#endif
