// What the executor knows of the processor: each has a file for it.
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

// e_machine of the ELF files that it runs.
extern const uint16_t machine_number;

// For mmap(2): memory in the first 2 GiB is meant. 0: there is nothing to say so.
extern const int machine_low_memory_flag;

// A system call without the C library, of which the program may have unmapped parts.
long machine_system_call(long number, long a, long b, long c, long d);

// Where a signal has interrupted a thread.
struct machine_place {
  uint64_t pc, sp;
};
struct machine_place machine_place(const ucontext_t *context);
void machine_set_place(ucontext_t *context, struct machine_place place);

// The kinds of access, in the words of x86-64's page fault.
enum { MACHINE_WRITE = 0x2, MACHINE_FETCH = 0x10 };

// What kind of access a fault was; 0 if that is not known.
uint64_t machine_access(const ucontext_t *context);

// After a call of what is no code: where it would return to, as if it had returned.
// 0 if that cannot be read.
int machine_return(const ucontext_t *context, struct machine_place *caller);

// For a loop that looks at memory again and again.
void machine_pause(void);

// Other code has been written to this memory, which this process can read.
void machine_code_has_changed(void *start, size_t size);
