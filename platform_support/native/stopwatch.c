// Measures the user's code: each run of an input for %time, and a piece of code in a
// loop for %timeit.
#define _GNU_SOURCE
#include "forkrepl_platform.h"

#include <sys/resource.h>
#include <time.h>

struct forkrepl_run_times forkrepl_last_run;

// Not adjusted while it runs, as the other monotonic clock is.
static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t nanoseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static struct forkrepl_run_times read_clocks(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (struct forkrepl_run_times){now(), nanoseconds(usage.ru_utime),
                                     nanoseconds(usage.ru_stime)};
}

// Of a run within a run nobody asks.
static struct forkrepl_run_times begun;

void forkrepl_stopwatch_start(void) { begun = read_clocks(); }

void forkrepl_stopwatch_stop(void) {
  struct forkrepl_run_times end = read_clocks();
  forkrepl_last_run.wall = end.wall - begun.wall;
  forkrepl_last_run.user = end.user - begun.user;
  forkrepl_last_run.system = end.system - begun.system;
}

enum { SHORTEST_RUN = 200000000 }; // ns: what `timeit` of Python takes, too
enum { MOST_LOOPS = 1000000000 };

typedef unsigned long (*Loop)(unsigned long loops);

// 0 if the code has left the loop.
static uint64_t time_loop(Loop loop, unsigned long loops) {
  uint64_t start = now();
  unsigned long done = loop(loops);
  uint64_t time = now() - start;
  return done != loops ? 0 : time ? time : 1;
}

// 1, 2, 5, 10 ... times, until that takes long enough.
static unsigned long choose_loops(Loop code) {
  for (unsigned long power = 1; power < MOST_LOOPS; power *= 10) {
    static const unsigned steps[] = {1, 2, 5};
    for (unsigned i = 0; i < 3; ++i) {
      uint64_t time = time_loop(code, power * steps[i]);
      if (time == 0 || time >= SHORTEST_RUN)
        return power * steps[i];
    }
  }
  return MOST_LOOPS;
}

void __forkrepl_measure(Loop code, Loop empty, unsigned long loops, unsigned long runs,
                        struct forkrepl_measurement *result) {
  result->loops = loops ? loops : choose_loops(code);
  result->empty = UINT64_MAX;
  result->runs = 0;
  for (unsigned i = 0; i < 3; ++i) {
    uint64_t time = time_loop(empty, result->loops);
    if (time < result->empty)
      result->empty = time;
  }
  while (result->runs < runs) {
    uint64_t time = time_loop(code, result->loops);
    if (time == 0)
      return;
    result->times[result->runs++] = time;
  }
}
