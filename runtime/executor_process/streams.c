#define _GNU_SOURCE
#include "streams.h"
#include "connection.h"
#include "forkrepl_platform.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { AS_IT_WAS = -1, WAS_CLOSED = -2 };

static int kept[] = {AS_IT_WAS, AS_IT_WAS, AS_IT_WAS}; // by number

int streams_kept(int number) { return kept[number] < 0 ? -1 : kept[number]; }

static int keep(int number) {
  if (kept[number] != AS_IT_WAS)
    return 0;
  int copy = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0 && errno != EBADF)
    return errno;
  kept[number] = copy < 0 ? WAS_CLOSED : connection_lift(copy);
  return 0;
}

static int restore(int number) {
  int was = kept[number];
  kept[number] = AS_IT_WAS;
  if (was == AS_IT_WAS)
    return 0;
  if (was == WAS_CLOSED)
    return close(number) ? errno : 0;
  int error = dup2(was, number) < 0 ? errno : 0;
  close(was);
  return error;
}

int streams_redirect(uint64_t number, int descriptor) {
  if (number != STDOUT_FILENO && number != STDERR_FILENO)
    return EINVAL;
  forkrepl_flush_output();
  int error = descriptor < 0 ? restore((int)number) : keep((int)number);
  if (descriptor >= 0 && !error)
    error = dup2(descriptor, (int)number) < 0 ? errno : 0;
  // Who reads it wants to know what was printed before a crash.
  forkrepl_keep_rest(kept[STDOUT_FILENO] != AS_IT_WAS);
  return error;
}
