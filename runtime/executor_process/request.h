// Reading requests and answering them.
#pragma once

#include "connection.h"

void reply(const struct request *request, int error, const void *payload, size_t size);

// With a text that says what is wrong.
void reply_error(const struct request *request, int error, const char *text);

// The u64 number `index` of the payload, 0 beyond its end.
uint64_t word(const struct request *request, size_t index);

// Calls `each` for every NUL-terminated string of the payload from `offset` on;
// returns how many there are. `each` may be NULL.
size_t strings(const struct request *request, size_t offset,
               void (*each)(size_t index, char *text, void *context), void *context);
