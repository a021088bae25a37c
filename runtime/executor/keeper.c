// The controller cannot wait for a checkpoint that has taken over, because that is
// not its child: wait(2) is for parents. So all are children of a process that
// never runs the user's code: the first one by fork, checkpoints by CLONE_PARENT, and
// whatever loses its parent because this is a subreaper (prctl(2)).
#define _GNU_SOURCE
#include "keeper.h"
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int report_socket;

static void report(pid_t pid, int status) {
  struct wire_keeper_report message = {(uint32_t)pid, status};
  // The controller reads these when an executor is gone. Should it have left
  // thousands unread, they are orphans of the program's that nobody asks about.
  send(report_socket, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
    report(pid, status);
}

static void end(pid_t pid) {
  siginfo_t unused;
  int status;
  // A number counts while it is a child of ours: then nobody else can have it.
  if (waitid(P_PID, (id_t)pid, &unused, WEXITED | WNOHANG | WNOWAIT) == 0) {
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    report(pid, status);
  }
}

// Ends those processes that the controller names; 0 when it has shut the connection.
static int end_named(void) {
  uint32_t pids[256];
  ssize_t got = recv(report_socket, pids, sizeof pids, 0);
  if (got < 0 && errno == EINTR)
    return 1;
  for (ssize_t i = 0; i < got / (ssize_t)sizeof *pids; ++i)
    end((pid_t)pids[i]);
  return got > 0;
}

static _Noreturn void keep(pid_t executor) {
  sigset_t all, child;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  struct pollfd polled[2] = {{signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0},
                             {report_socket, POLLIN, 0}};
  for (;;) {
    if (poll(polled, 2, -1) < 0)
      continue;
    struct signalfd_siginfo unused;
    while (read(polled[0].fd, &unused, sizeof unused) > 0)
      ;
    reap();
    if (polled[1].revents && !end_named()) {
      end(executor);
      _exit(0); // those that the controller has not named end by PR_SET_PDEATHSIG
    }
  }
}

void keeper_start(int report_descriptor, int control) {
  report_socket = report_descriptor;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t keeper = getpid();
  pid_t executor = fork();
  if (executor < 0)
    _exit(1);
  if (executor == 0) {
    close(report_socket);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper)
      _exit(0);
    return;
  }
  setpgid(0, 0); // the keyboard's signals and kill(0, ...) are not for this process
  close(control);
  // Whoever reads the program's output must see its end.
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  close(STDERR_FILENO);
  keep(executor);
}
