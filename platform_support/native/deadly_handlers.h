// Handlers that have ended the program (internal interface).
#pragma once

#include "handlers.h"

#ifdef __cplusplus
extern "C" {
#endif

// A function that was registered, and what it is to be called with.
struct forkrepl_handler_identity {
  uint64_t function, argument;
};

// Before the first copy of the process is made.
void forkrepl_deadly_handlers_begin(void);

// Before anything else of the program's runs: what was running when another process ended
// has ended it, and not what comes now.
void forkrepl_deadly_handlers_note(void);

// It has just been registered: what was known under this name is another's.
void forkrepl_handler_is_new(struct forkrepl_handler_identity handler);

// Calls function(argument) for a handler, as forkrepl_guarded_call does; unless it is deadly.
void forkrepl_handler_call(struct forkrepl_handler_identity handler,
                           void (*function)(void *), void *argument,
                           struct forkrepl_outcome *outcome);

#ifdef __cplusplus
}
#endif
