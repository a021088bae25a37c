// What the runtime of a sanitizer is told, if the process was started with one.
#pragma once

#include <stdint.h>

// Before anything else: what the runtime was started by is not for the user's program and
// the programs that this starts.
void sanitizers_begin(void);

// In each process, after a fork too: reports are for the controller.
void sanitizers_attend(void);

// How many threads are the runtime's own; it starts them again in a fork.
uint32_t sanitizers_threads(void);

// Memory for the user's code: its variables may hold pointers to the heap.
void sanitizers_note_memory(uint64_t address, uint64_t size);
void sanitizers_forget_memory(uint64_t address, uint64_t size);

// A part of it is in use from now on, or not any more.
void sanitizers_note_use(uint64_t address, uint64_t size, int is_in_use);
