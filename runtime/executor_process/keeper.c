// The controller cannot wait for a checkpoint that has taken over, because that is
// not its child: wait(2) is for parents. So all are children of a process that
// never runs the user's code: the first one by fork, checkpoints by CLONE_PARENT, and
// whatever loses its parent because this is a subreaper (prctl(2)).
#define _GNU_SOURCE
#include "keeper.h"
#include "wire.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
    if (WIFSTOPPED(status)) // it wants to be traced, by us
      ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)WSTOPSIG(status));
    else
      report(pid, status);
}

// Ends the copies of the executor that the program has left behind. What has started
// another program since is left alone.
static void end_forks(void) {
  struct stat ours, its;
  char path[64], *end;
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE *children;
  if (stat("/proc/self/exe", &ours) || !(children = fopen(path, "re")))
    return;
  // All of the one line, before any of them goes: a number that is cut short is
  // another process.
  char *list = NULL;
  size_t capacity = 0;
  ssize_t length = getline(&list, &capacity, children);
  fclose(children);
  for (char *at = list; length > 0; at = end) {
    long pid = strtol(at, &end, 10);
    if (end == at)
      break;
    snprintf(path, sizeof path, "/proc/%ld/exe", pid);
    if (stat(path, &its) == 0 && its.st_dev == ours.st_dev && its.st_ino == ours.st_ino)
      kill((pid_t)pid, SIGKILL);
  }
  free(list);
}

static _Noreturn void keep(void) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  struct pollfd polled[2] = {
      {signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0},
      {report_socket, POLLIN, 0}};
  for (;;) {
    if (poll(polled, 2, -1) < 0)
      continue;
    struct signalfd_siginfo unused;
    while (read(polled[0].fd, &unused, sizeof unused) > 0)
      ;
    reap();
    char wish;
    if (polled[1].revents && recv(report_socket, &wish, 1, 0) > 0)
      end_forks();
    else if (polled[1].revents)
      // The controller has ended the processes, or is gone itself: then the executor
      // ends with this one (PR_SET_PDEATHSIG), and checkpoints see it by themselves.
      _exit(0);
  }
}

void keeper_start(int report_descriptor, int control) {
  report_socket = report_descriptor;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t keeper = getpid();
  // Before the fork: the child may end at once.
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t executor = fork();
  if (executor < 0)
    _exit(1);
  if (executor == 0) {
    close(report_socket);
    sigprocmask(SIG_SETMASK, &before, NULL);
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
  keep();
}
