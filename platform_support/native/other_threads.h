#pragma once

// Calls function(argument) in every other thread that runs now; it must be safe in
// a signal handler. One call at a time. 0, or EBUSY for a thread that blocks the
// signal, or another errno value; then not all have run it.
int forkrepl_run_in_other_threads(void (*function)(void *), void *argument);
