// Calls of single functions, many a second: by frames, or faster by words in shared memory
// (struct wire_calls).
#pragma once

#include "connection.h"

// serve: how requests are answered while the program calls back.
void calls_begin(void (*serve)(struct request *request));

// WIRE_CALL
void calls_on_call(const struct request *request);

// Before each wait for a frame: after a call others may follow by words, for a while.
void calls_watch(void);
