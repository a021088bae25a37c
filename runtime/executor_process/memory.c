#define _GNU_SOURCE
#include "memory.h"
#include "machine.h"
#include "sanitizers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAX_RESERVATIONS = 1024 };

static struct {
  uint64_t address, size;
} reservations[MAX_RESERVATIONS];
static size_t reservation_count;
static int without_names;

// For readers of /proc/PID/maps. A memfd has a name; old kernels know none for this.
static void name(void *address, uint64_t size, const char *text) {
#ifdef PR_SET_VMA_ANON_NAME
  prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, size, text);
#endif
}

void memory_drop_names(void) {
  if (without_names)
    return;
  without_names = 1;
  for (size_t i = 0; i < reservation_count; ++i)
    name((void *)reservations[i].address, reservations[i].size, NULL);
}

static int is_there(uint64_t address, uint64_t size) {
  for (size_t i = 0; i < reservation_count; ++i)
    if (reservations[i].address == address && reservations[i].size == size)
      return 1;
  return 0;
}

int memory_reserve(uint64_t size, int low, enum wire_sharing sharing, int descriptor,
                   uint64_t *address) {
  if (reservation_count == MAX_RESERVATIONS)
    return ENOSPC;
  uint64_t wanted = *address;
  if (wanted && is_there(wanted, size))
    return 0;
  // Private: what the controller writes shows through until this process writes
  // to the page, and a fork (a checkpoint) has a copy of what it wrote.
  int flags = (sharing == WIRE_SHARED ? MAP_SHARED : MAP_PRIVATE) | MAP_NORESERVE;
  if (sharing == WIRE_ANONYMOUS)
    flags |= MAP_ANONYMOUS;
  if (low && !machine_low_memory_flag)
    return EOPNOTSUPP;
  if (low)
    flags |= machine_low_memory_flag;
  if (wanted)
    flags |= MAP_FIXED_NOREPLACE;
  void *at = mmap((void *)wanted, size, PROT_NONE, flags, descriptor, 0);
  if (at == MAP_FAILED)
    return errno;
  if (wanted && (uint64_t)at != wanted) { // a kernel that does not know the flag
    munmap(at, size);
    return EEXIST;
  }
  if (sharing == WIRE_ANONYMOUS && !without_names)
    name(at, size, "forkrepl-slab");
  reservations[reservation_count].address = (uint64_t)at;
  reservations[reservation_count].size = size;
  ++reservation_count;
  sanitizers_note_memory((uint64_t)at, size);
  *address = (uint64_t)at;
  return 0;
}

int memory_release(uint64_t address, uint64_t size) {
  for (size_t i = 0; i < reservation_count; ++i)
    if (reservations[i].address == address && reservations[i].size == size) {
      reservations[i] = reservations[--reservation_count];
      sanitizers_forget_memory(address, size);
      return munmap((void *)address, size) ? errno : 0;
    }
  return EINVAL;
}

static int is_reserved(const struct wire_range *range) {
  for (size_t i = 0; i < reservation_count; ++i) {
    uint64_t offset = range->address - reservations[i].address;
    if (offset < reservations[i].size && range->size <= reservations[i].size - offset)
      return 1;
  }
  return 0;
}

static int protect(const struct wire_range *range) {
  if (!is_reserved(range))
    return EINVAL;
  if ((range->protection & PROT_WRITE) && (range->protection & PROT_EXEC))
    return EPERM;
  void *at = (void *)range->address;
  if (mprotect(at, range->size, (int)range->protection))
    return errno;
  if (range->protection & PROT_EXEC)
    machine_code_has_changed(at, range->size);
  sanitizers_note_use(range->address, range->size, range->protection != PROT_NONE);
  if (range->protection == PROT_NONE && madvise(at, range->size, MADV_DONTNEED))
    return errno;
  return 0;
}

int memory_protect(const struct wire_range *ranges, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    int error = protect(&ranges[i]);
    if (error)
      return error;
  }
  return 0;
}

int memory_is_refused(int error) { return error == ENOSYS || error == EPERM; }

// Has the kernel copy, which turns a bad address into an error: at most a page, which fits into
// every pipe.
static ssize_t copy_by_pipe(void *into, const void *from, size_t size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
    return -1;
  ssize_t done = write(ends[1], from, size);
  if (done > 0)
    done = read(ends[0], into, (size_t)done);
  int error = errno;
  close(ends[0]);
  close(ends[1]);
  errno = error;
  return done;
}

static int write_by_pipe(uint64_t address, const char *from, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (size_t done = 0; done < size;) {
    size_t piece = size - done < page ? size - done : page;
    ssize_t written = copy_by_pipe((void *)(address + done), from + done, piece);
    if (written <= 0)
      return written < 0 ? errno : EFAULT;
    done += (size_t)written;
  }
  return 0;
}

int memory_write(uint64_t address, const void *from, size_t size) {
  struct wire_range range = {address, size, PROT_WRITE};
  if (!is_reserved(&range))
    return EINVAL;
  // By way of the kernel, which refuses where memory is not writable.
  struct iovec local = {(void *)from, size};
  struct iovec remote = {(void *)address, size};
  ssize_t written = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
  if (written < 0 && memory_is_refused(errno))
    return write_by_pipe(address, from, size);
  return written == (ssize_t)size ? 0 : written < 0 ? errno : EFAULT;
}

// Where the kernel does not let a process write its own read-only memory.
static int patch_by_protection(const struct wire_patch *patch) {
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  char *start = (char *)(patch->address & -page);
  size_t length = (size_t)((char *)patch->address + patch->size - start);
  if (mprotect(start, length, PROT_READ | PROT_WRITE))
    return errno;
  memcpy((void *)patch->address, patch->bytes, patch->size);
  return mprotect(start, length, PROT_READ | PROT_EXEC) ? errno : 0;
}

int memory_patch(const struct wire_patch *patches, size_t count) {
  // The kernel gives this process a copy of the page, which stays as it is protected:
  // never writable and executable, and other threads can go on running what is on it.
  int memory = open("/proc/self/mem", O_WRONLY | O_CLOEXEC), error = 0;
  for (size_t i = 0; i < count && !error; ++i) {
    const struct wire_patch *patch = &patches[i];
    struct wire_range range = {patch->address, patch->size, PROT_EXEC};
    if (patch->size > WIRE_MAX_PATCH || !is_reserved(&range))
      error = EINVAL;
    else if (memory < 0 || pwrite(memory, patch->bytes, patch->size,
                                  (off_t)patch->address) != (ssize_t)patch->size)
      error = patch_by_protection(patch);
    if (!error)
      machine_code_has_changed((void *)patch->address, patch->size);
  }
  if (memory >= 0)
    close(memory);
  return error;
}

size_t memory_read(uint64_t address, void *into, size_t size) {
  return memory_read_of(getpid(), address, into, size);
}

size_t memory_read_of(pid_t pid, uint64_t address, void *into, size_t size) {
  // Asking the kernel to copy turns a bad address into an error. Whole pages at
  // a time, because a request that ends in a bad page copies nothing of it.
  size_t page = (size_t)sysconf(_SC_PAGESIZE), done = 0;
  while (done < size) {
    size_t piece = page - (size_t)((address + done) % page);
    if (piece > size - done)
      piece = size - done;
    struct iovec local = {(char *)into + done, piece};
    struct iovec remote = {(void *)(address + done), piece};
    ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    if (got < 0 && memory_is_refused(errno) && pid == getpid())
      got = copy_by_pipe(local.iov_base, remote.iov_base, piece);
    if (got <= 0)
      break;
    done += (size_t)got;
  }
  return done;
}
