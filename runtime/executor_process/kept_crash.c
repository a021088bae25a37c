// The process itself ends, as it would have done, so its other threads do no more harm,
// and whoever waits for it or for its descriptors need not know. What is kept is a fork, in
// the handler of the signal. It waits until the controller (runtime/executor_client/
// kept_crash.py) tells it of a debugger, for which it forks again: so the debugger may
// come, and do what it likes, several times. All this must be safe in a handler.
#define _GNU_SOURCE
#include "kept_crash.h"
#include "connection.h"
#include "forkrepl_platform.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int control = -1;
static pid_t shell; // which has started the keeper

void kept_crash_open(int socket) {
  shell = getppid();
  control = connection_lift(socket);
}

int kept_crash_is(int descriptor) { return control >= 0 && descriptor == control; }

void kept_crash_let_attach(void) {
  if (control >= 0)
    prctl(PR_SET_PTRACER, shell);
}

static void say(int socket, char word) {
  while (send(socket, &word, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
    ;
}

// The next word, with descriptors or -1; 0 when the controller has closed its end.
static char hear(int socket, int descriptors[2]) {
  char word = 0;
  struct iovec vector = {&word, 1};
  union {
    char bytes[CMSG_SPACE(2 * sizeof(int))];
    struct cmsghdr aligned;
  } ancillary;
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = ancillary.bytes,
                           .msg_controllen = sizeof ancillary.bytes};
  ssize_t got;
  descriptors[0] = descriptors[1] = -1;
  while ((got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
    ;
  const struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
      c->cmsg_len <= CMSG_LEN(2 * sizeof(int)))
    memcpy(descriptors, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
  return got > 0 ? word : 0;
}

// A copy of what is kept: returns when a debugger has attached to it.
static void wait_for_debugger(pid_t kept, int socket) {
  int none[2];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != kept)
    _exit(0);
  setpgid(0, 0);
  kept_crash_let_attach();
  say(socket, 'd');
  if (!hear(socket, none))
    _exit(0);
  close(socket);
}

// Returns in a copy only, for a debugger.
static void serve(void) {
  pid_t self = getpid();
  int descriptors[2];
  while (hear(control, descriptors)) {
    if (descriptors[1] >= 0)
      forkrepl_debugger_show(descriptors[1]);
    if (_Fork() == 0) {
      wait_for_debugger(self, descriptors[0]);
      return;
    }
    for (int i = 0; i < 2; ++i)
      if (descriptors[i] >= 0)
        close(descriptors[i]);
  }
  _exit(0);
}

void kept_crash_refuse(void) {
  if (control >= 0)
    say(control, 'n');
}

int kept_crash_keep(void) {
  if (control < 0)
    return 0;
  pid_t copy = _Fork();
  if (copy < 0)
    kept_crash_refuse();
  if (copy)
    return 0;
  setpgid(0, 0); // the keyboard's signals are for the running process
  // The standard ones are the terminal's.
  close_range(STDERR_FILENO + 1, (unsigned)control - 1, 0);
  close_range((unsigned)control + 1, UINT_MAX, 0);
  say(control, 'k');
  serve();
  return 1;
}
