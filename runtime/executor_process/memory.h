// The slabs in the executor's address space.
#pragma once

#include "wire.h"

#include <stddef.h>
#include <sys/types.h>

// Each returns 0 or an errno value.

// Address space for `size` bytes of the memfd, or of anonymous memory; inaccessible until
// protected. `low`: in the first 2 GiB. `address`: where it is; where it must be, if it is
// not 0 before: what has been reserved there already stays.
int memory_reserve(uint64_t size, int low, enum wire_sharing sharing, int descriptor,
                   uint64_t *address);
int memory_release(uint64_t address, uint64_t size);

// Sets protections. A range that becomes inaccessible also loses the pages that
// this process had written: what the range shows next is the controller's.
int memory_protect(const struct wire_range *ranges, size_t count);

// Copies into memory of a reservation, which must be writable.
int memory_write(uint64_t address, const void *from, size_t size);

// Puts bytes in the place of code of a reservation; see runtime/protocol/wire.h.
int memory_patch(const struct wire_patch *patches, size_t count);

// Whether a call that copies between processes has failed because there is none for us: filters of
// containers refuse it, and old kernels have not got it.
int memory_is_refused(int error);

// Copies what can be read from address on, without faulting: bytes copied.
size_t memory_read(uint64_t address, void *into, size_t size);

// The same of another process.
size_t memory_read_of(pid_t pid, uint64_t address, void *into, size_t size);

// Anonymous memory has no name any more: perf looks for the names of functions only
// in memory without one.
void memory_drop_names(void);
