// perf's map of code that is in no file: /tmp/perf-PID.map (tools/perf/
// Documentation/jit-interface.txt in the kernel's sources). /tmp is everybody's, so
// the file is made anew, never through a link, and only ever our own.
#define _GNU_SOURCE
#include "forkrepl_platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static pid_t created_by; // a fork has a map of its own

static int is_ours(const struct stat *status) {
  return S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
         status->st_nlink == 1;
}

// A new file; one that an earlier process with this number has left goes. -1: errno
// says why.
static int create(const char *path) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  struct stat status;
  int descriptor = open(path, flags, 0600);
  if (descriptor >= 0 || errno != EEXIST)
    return descriptor;
  if (lstat(path, &status) || !is_ours(&status) || unlink(path)) {
    errno = EEXIST;
    return -1;
  }
  return open(path, flags, 0600);
}

// Not kept open: the program's descriptors are to begin where it expects them.
static int open_again(const char *path) {
  struct stat status;
  // A FIFO that nobody reads would be waited for.
  int descriptor =
      open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor >= 0 && (fstat(descriptor, &status) || !is_ours(&status))) {
    close(descriptor);
    errno = EEXIST;
    return -1;
  }
  return descriptor;
}

static int write_all(int descriptor, const char *from, size_t size) {
  while (size) {
    ssize_t written = write(descriptor, from, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    from += written;
    size -= (size_t)written;
  }
  return 0;
}

int forkrepl_perf_map_append(const void *lines, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
  int descriptor = created_by == getpid() ? open_again(path) : create(path);
  if (descriptor < 0)
    return errno;
  created_by = getpid();
  int error = write_all(descriptor, lines, size);
  close(descriptor);
  return error;
}
