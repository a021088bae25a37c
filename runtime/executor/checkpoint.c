// A copy of the process, for the case that the next input destroys the original.
//
// The program must not notice it: not by wait(2), so the copy is the keeper's child,
// not ours; not by its fork handlers, which do not run; and not by a pipe whose other
// end never sees the end of the stream because the copy holds it, so the copy lets go
// of pipes and sockets (after a rollback their other sides look closed).
#define _GNU_SOURCE
#include "checkpoint.h"
#include "connection.h"
#include "forkrepl_platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t group; // the process group of the program

// How many threads there are besides this one; 1 if that cannot be known.
static uint32_t other_threads(void) {
  struct stat tasks;
  if (stat("/proc/self/task", &tasks) || tasks.st_nlink < 3)
    return 1;
  return (uint32_t)tasks.st_nlink - 3;
}

// With one thread nobody holds a lock of the C library, so the system call is all that
// is needed, apart from what the C library has the kernel know of a thread.
static pid_t fork_sibling(void) {
  int *thread_id = NULL;
  void *robust_list = NULL;
  size_t robust_size = 0;
  if (prctl(PR_GET_TID_ADDRESS, &thread_id) || !thread_id)
    return -1;
  syscall(SYS_get_robust_list, 0, &robust_list, &robust_size);
  long flags = CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
  pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, thread_id, NULL);
  if (pid == 0)
    syscall(SYS_set_robust_list, robust_list, robust_size);
  return pid;
}

// With several, the C library's own fork sees to its locks; a process between makes
// the copy an orphan, and so the keeper's.
static pid_t fork_grandchild(void) {
  sigset_t child_signal, before, pending;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &child_signal, &before);
  forkrepl_fork_handlers_skip(1);
  pid_t between = fork();
  pid_t self = between;
  if (between == 0) {
    self = getpid();
    pid_t copy = fork();
    if (copy)
      _exit(copy < 0);
    while (getppid() == self)
      sched_yield();
    self = 0;
  } else if (between > 0) {
    int status = 0;
    while (waitpid(between, &status, 0) < 0 && errno == EINTR)
      ;
    if (status)
      self = -1;
    if (!sigismember(&pending, SIGCHLD)) // its end is nobody's business
      sigtimedwait(&child_signal, NULL, &(struct timespec){0});
  }
  forkrepl_fork_handlers_skip(0);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return self;
}

static int same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int is_channel(const struct stat *file) {
  enum { PTMX_MAJOR = 5, PTMX_MINOR = 2 };
  return S_ISFIFO(file->st_mode) || S_ISSOCK(file->st_mode) ||
         (S_ISCHR(file->st_mode) && file->st_rdev == makedev(PTMX_MAJOR, PTMX_MINOR));
}

// Puts the end of a closed channel in the place of each pipe and socket that was
// opened by the program. How many there were.
static uint32_t let_go_of_channels(int keep) {
  struct stat standard[3] = {0}, file;
  for (int i = 0; i < 3; ++i)
    fstat(i, &standard[i]);
  DIR *folder = opendir("/proc/self/fd");
  int ends[2];
  if (!folder || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return 0;
  close(ends[1]);
  uint32_t count = 0;
  for (const struct dirent *entry; (entry = readdir(folder));) {
    int fd = atoi(entry->d_name);
    if (fd < 3 || fd == keep || fd == ends[0] || connection_is(fd) || fstat(fd, &file) || !is_channel(&file))
      continue;
    if (same_file(&file, &standard[0]) || same_file(&file, &standard[1]) ||
        same_file(&file, &standard[2]))
      continue;
    dup3(ends[0], fd, fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0);
    ++count;
  }
  closedir(folder);
  close(ends[0]);
  return count;
}

int checkpoint_fork(int descriptor, struct wire_checkpoint *about) {
  about->threads = other_threads();
  pid_t pid = about->threads ? -1 : fork_sibling();
  if (pid < 0)
    pid = fork_grandchild();
  if (pid < 0)
    return -errno;
  if (pid > 0)
    return 0;
  group = getpgrp();
  setpgid(0, 0); // the keyboard's signals are for the running process
  about->channels = let_go_of_channels(descriptor);
  connection_replace(descriptor);
  return 1;
}

void checkpoint_take_over(void) {
  setpgid(0, group);
  // Not even an endless loop outlives the keeper. If the program has killed that, this
  // process has been init's since.
  if (getppid() != 1)
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}
