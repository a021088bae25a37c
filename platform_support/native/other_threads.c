// Running something in every other thread of the process, one after another, by a
// signal that is ours for as long as it takes.
#define _GNU_SOURCE
#include "other_threads.h"

#include <dirent.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 1 }; // s, for a thread to take the signal

static struct {
  void (*function)(void *);
  void *argument;
  pid_t thread; // the one that is to run it; 0: nobody is
  sem_t done;
} request;

static void on_signal(int number) {
  int saved = errno;
  // A thread that was given up on, and takes the signal now, comes too late.
  pid_t mine = (pid_t)syscall(SYS_gettid);
  if (__atomic_compare_exchange_n(&request.thread, &mine, 0, 0, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE)) {
    request.function(request.argument);
    sem_post(&request.done);
  }
  errno = saved;
}

static int run_in(pid_t thread, int number) {
  __atomic_store_n(&request.thread, thread, __ATOMIC_RELEASE);
  if (syscall(SYS_tgkill, getpid(), thread, number))
    return errno == ESRCH ? 0 : errno; // it has ended meanwhile
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += PATIENCE;
  while (sem_timedwait(&request.done, &until))
    if (errno != EINTR) {
      pid_t expected = thread;
      if (__atomic_compare_exchange_n(&request.thread, &expected, 0, 0,
                                      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return syscall(SYS_tgkill, getpid(), thread, 0) ? 0 : EBUSY;
      until.tv_sec += PATIENCE; // it is about to finish
    }
  return 0;
}

int forkrepl_run_in_other_threads(void (*function)(void *), void *argument) {
  // What /proc has besides this thread is then not the program's: an emulator has some.
  if (__libc_single_threaded)
    return 0;
  DIR *threads = opendir("/proc/self/task");
  if (!threads)
    return errno;
  int number = SIGRTMAX - 1, error = 0;
  struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  struct sigaction before;
  sigfillset(&ours.sa_mask);
  request.function = function;
  request.argument = argument;
  sem_init(&request.done, 0, 0);
  int installed = 0;
  pid_t self = (pid_t)syscall(SYS_gettid);
  for (struct dirent *entry; !error && (entry = readdir(threads));) {
    pid_t thread = atoi(entry->d_name);
    if (thread <= 0 || thread == self)
      continue;
    if (!installed && sigaction(number, &ours, &before))
      error = errno;
    else {
      installed = 1;
      error = run_in(thread, number);
    }
  }
  if (installed)
    sigaction(number, &before, NULL);
  sem_destroy(&request.done);
  closedir(threads);
  return error;
}
