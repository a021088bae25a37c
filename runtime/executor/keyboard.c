#define _GNU_SOURCE
#include "keyboard.h"

#include <signal.h>
#include <time.h>

static sigset_t users_mask;

static const int signals[] = {SIGINT, SIGQUIT, SIGTSTP};

void keyboard_on(void) {
  // What came in the meantime was for the controller, unless the program blocks it
  // and may look for it later.
  sigset_t missed;
  sigemptyset(&missed);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i)
    if (!sigismember(&users_mask, signals[i]))
      sigaddset(&missed, signals[i]);
  while (sigtimedwait(&missed, NULL, &(struct timespec){0}) > 0)
    ;
  pthread_sigmask(SIG_SETMASK, &users_mask, NULL);
}

void keyboard_off(void) {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i)
    sigaddset(&blocked, signals[i]);
  pthread_sigmask(SIG_BLOCK, &blocked, &users_mask);
}
