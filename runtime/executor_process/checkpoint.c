// A copy of the process, for the case that the next input destroys the original.
//
// The program must not notice it: not by wait(2) or SIGCHLD, so the copy is the
// keeper's child, not ours; not by its fork handlers, which do not run; and not by a
// pipe whose other end never sees the end of the stream because the copy holds it, so
// the copy lets go of pipes and sockets (after a rollback their other sides look
// closed).
#define _GNU_SOURCE
#include "checkpoint.h"
#include "connection.h"
#include "forkrepl_platform.h"
#include "kept_crash.h"
#include "sanitizers.h"
#include "streams.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t group; // the process group of the program

// How many threads of the program there are besides this one. Without /proc only the C library can
// be asked, which knows whether there has been one: then 1.
static uint32_t other_threads(void) {
  struct stat tasks;
  if (stat("/proc/self/task", &tasks) || tasks.st_nlink < 3)
    return !__libc_single_threaded;
  uint32_t others = (uint32_t)tasks.st_nlink - 3, not_of_program = sanitizers_threads();
  return others > not_of_program ? others - not_of_program : 0;
}

// By way of the compiler: a sanitizer's longjmp(3) has ideas of its own about a stack that
// is not the thread's.
static void *in_copy[5];

// The process between, which shares our memory while we wait for it (vfork(2)): the C
// library's own fork sees to its locks, and ours is not its child's parent.
static int between(void *error) {
  pid_t self = getpid();
  pid_t copy = fork();
  if (copy == 0) {
    while (getppid() == self)
      sched_yield();
    __builtin_longjmp(in_copy, 1);
  }
  *(int *)error = copy < 0 ? errno : 0;
  for (;;) // a sanitizer's _exit(2) would sum up, in memory that is not its own
    syscall(SYS_exit_group, 0);
}

// The C library has restartable sequences registered for each thread, and does not
// do it again after a fork by a process like the one between.
static void register_rseq(void) {
  if (__rseq_size)
    syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset,
            sizeof(struct rseq), 0, RSEQ_SIG);
}

// clone(2), which a sanitizer has put another in the place of.
int __clone(int (*run)(void *), void *stack, int flags, void *argument, ...);

// 0 here, 1 in the copy, or a negative errno value.
static int copy_process(void) {
  static char stack[64 << 10] __attribute__((aligned(64)));
  static int error;
  if (__builtin_setjmp(in_copy)) {
    register_rseq();
    return 1;
  }
  // No signal tells of its end, and only who asks for it by __WALL hears of it.
  pid_t pid = __clone(between, stack + sizeof stack, CLONE_VM | CLONE_VFORK, &error);
  if (pid < 0)
    return -errno;
  while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
    ;
  return -error;
}

static int same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int is_one_of(const struct stat *file, const struct stat *files, int count) {
  for (int i = 0; i < count; ++i)
    if (same_file(file, &files[i]))
      return 1;
  return 0;
}

static int is_channel(const struct stat *file) {
  enum { PTMX_MAJOR = 5, PTMX_MINOR = 2 };
  return S_ISFIFO(file->st_mode) || S_ISSOCK(file->st_mode) ||
         (S_ISCHR(file->st_mode) && file->st_rdev == makedev(PTMX_MAJOR, PTMX_MINOR));
}

// Puts the end of a closed channel in the place of each pipe and socket that was
// opened by the program. How many there were.
static uint32_t let_go_of_channels(int keep) {
  // The standard streams, and what they are again when nobody captures them.
  const int kept[] = {0, 1, 2, streams_kept(1), streams_kept(2)};
  enum { KEPT = sizeof kept / sizeof *kept };
  struct stat standard[KEPT] = {0}, file;
  for (int i = 0; i < KEPT; ++i)
    fstat(kept[i], &standard[i]);
  DIR *folder = opendir("/proc/self/fd");
  if (!folder)
    return 0;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
    closedir(folder);
    return 0;
  }
  close(ends[1]);
  uint32_t count = 0;
  for (const struct dirent *entry; (entry = readdir(folder));) {
    int fd = atoi(entry->d_name);
    if (fd < 3 || fd == keep || fd == ends[0] || connection_is(fd) ||
        kept_crash_is(fd) || fstat(fd, &file) || !is_channel(&file))
      continue;
    if (is_one_of(&file, standard, KEPT))
      continue;
    dup3(ends[0], fd, fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0);
    ++count;
  }
  closedir(folder);
  close(ends[0]);
  return count;
}

int checkpoint_copy(void) {
  forkrepl_fork_handlers_skip(1);
  int made = copy_process();
  forkrepl_fork_handlers_skip(0);
  return made;
}

int checkpoint_fork(int descriptor, struct wire_checkpoint *about) {
  about->threads = other_threads();
  int made = checkpoint_copy();
  if (made <= 0)
    return made;
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
