#define _GNU_SOURCE
#include "keyboard.h"
#include "crash.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static sigset_t users_mask;

static const int signals[] = {SIGINT, SIGQUIT, SIGTSTP};

// What came in the meantime was for the controller, unless the program has a handler,
// or blocks it and may look for it later.
static void drop_missed(void) {
  int of_program = errno;
  sigset_t missed;
  sigemptyset(&missed);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i)
    if (!sigismember(&users_mask, signals[i]) && crash_is_default(signals[i]))
      sigaddset(&missed, signals[i]);
  while (sigtimedwait(&missed, NULL, &(struct timespec){0}) > 0)
    ;
  errno = of_program; // sigtimedwait changes it if there is nothing to take
}

void keyboard_on(void) {
  sigset_t pending;
  sigpending(&pending);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i)
    if (sigismember(&pending, signals[i])) { // seldom, and then it takes longer
      drop_missed();
      break;
    }
  pthread_sigmask(SIG_SETMASK, &users_mask, NULL);
}

void keyboard_off(void) {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i)
    sigaddset(&blocked, signals[i]);
  pthread_sigmask(SIG_BLOCK, &blocked, &users_mask);
}
