// Signal handlers in code that goes.
#define _GNU_SOURCE
#include "handlers.h"

#include <signal.h>

// The kernel's; two are the C library's own, for which sigaction is refused.
enum { SIGNALS = 64 };

static void set_default(int number) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(number, &action, NULL);
}

static void (*restore)(int number) = set_default;

void forkrepl_set_signal_default(void (*wanted)(int signal)) { restore = wanted; }

uint64_t forkrepl_signals_restore(uint64_t text_start, uint64_t text_size) {
  uint64_t restored = 0;
  for (int number = 1; number <= SIGNALS; ++number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) ||
        (uint64_t)action.sa_sigaction - text_start >= text_size)
      continue;
    restore(number);
    restored |= UINT64_C(1) << (number - 1);
  }
  return restored;
}
