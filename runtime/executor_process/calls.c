#define _GNU_SOURCE
#include "calls.h"
#include "forkrepl_platform.h"
#include "keyboard.h"
#include "machine.h"
#include "request.h"
#include "running.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_NS = 100000 }; // how long words are looked for after a request
enum { LOOKS = 64 };        // between looks at clock and socket

struct call {
  uint64_t number, function, argument; // function 0: go on from a call back
};

static void (*serve)(struct request *request);
static struct wire_calls *words; // NULL: there are none
static uint64_t begun;           // the newest request's number
static int is_owed;      // that request has come as a frame, and is not answered
static int is_recent;    // the last that was done was a request of these
static int depth;        // of calls
static pthread_t caller; // the thread of the newest

// The event of the newest request, for a frame that asks for it.
static struct wire_call_back event;
static struct forkrepl_outcome ended; // if it is an end

// On a single processor the controller would wait for who waits for it.
static int can_watch(void) {
  static int processors;
  cpu_set_t set;
  if (!processors)
    processors = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
  return words && processors > 1;
}

static void reply_event(void) {
  is_owed = 0;
  if (event.kind == WIRE_CALLS_BACK)
    connection_reply(WIRE_CALL, 0, &event, sizeof event);
  else
    running_tell_outcome(WIRE_CALL, &ended);
}

static void tell_event(void) {
  is_recent = 1;
  if (words) {
    words->event = event.kind;
    words->callback = event.number;
    words->offset = event.offset;
    words->watched = (uint64_t)can_watch();
    __atomic_store_n(&words->answered, begun, __ATOMIC_RELEASE);
  }
  if (is_owed)
    reply_event();
}

static void perform(const struct call *call) {
  struct forkrepl_outcome outcome; // calls within have their own
  int around = depth;
  ++depth;
  caller = pthread_self();
  keyboard_on();
  forkrepl_read_again();
  forkrepl_call(call->function, call->argument, &outcome);
  forkrepl_debugged_input_ends();
  keyboard_off();
  depth = around; // also if a call within has been left by longjmp
  int threw = outcome.kind == FORKREPL_THREW;
  if (!running_is_controlled()) // it forked and this is the child
    exit(threw);
  if (threw)
    ended = outcome;
  else
    ended.kind = FORKREPL_RETURNED;
  event = (struct wire_call_back){.kind = threw ? WIRE_HAS_MORE : WIRE_RETURNED};
  tell_event();
}

// Whether there is a request that has not been begun.
static int take_from_words(struct call *call) {
  // Only the next one: others are leftovers, or the program has written there.
  if (__atomic_load_n(&words->number, __ATOMIC_SEQ_CST) != begun + 1)
    return 0;
  *call = (struct call){++begun, words->function, words->argument};
  return 1;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Whether the next request has come by words; if not, frames are to be looked for.
static int find_in_words(struct call *call) {
  if (!is_recent || !can_watch())
    return 0;
  is_recent = 0;
  for (int64_t until = now() + WATCH_NS;;) {
    for (int i = 0; i < LOOKS; ++i) {
      if (take_from_words(call))
        return 1;
      machine_pause();
    }
    if (!connection_has_more() && now() < until) {
      sched_yield(); // the controller may be waiting for this processor
      continue;
    }
    // The controller writes the number and then reads this; it is the other way round
    // here. So it knows that it has to send a frame, or the number is seen now.
    __atomic_store_n(&words->watched, 0, __ATOMIC_SEQ_CST);
    return take_from_words(call);
  }
}

void calls_watch(void) {
  int of_program = errno;
  struct call call;
  while (find_in_words(&call) && call.function) // or the program has written there
    perform(&call);
  errno = of_program;
}

// A request in a frame, unless it has been begun: then its event is there. 0: it has.
static int begin(const struct request *request, struct call *call) {
  *call = (struct call){word(request, 0), word(request, 2), word(request, 3)};
  words = (struct wire_calls *)word(request, 1);
  if (call->number == begun) {
    tell_event(); // by the words for their other ones
    reply_event();
    return 0;
  }
  begun = call->number;
  is_owed = 1;
  return 1;
}

void calls_on_call(const struct request *request) {
  struct call call;
  if (request->head.size != 4 * sizeof(uint64_t) ||
      (word(request, 2) == 0 && word(request, 0) != begun))
    return reply(request, EINVAL, NULL, 0);
  if (begin(request, &call))
    perform(&call);
}

// A checkpoint would begin in the midst of a call, and the program cannot end twice.
static int is_possible(uint16_t operation) {
  switch (operation) {
  case WIRE_RUN_MAIN:
  case WIRE_RUN_PROGRAM:
  case WIRE_SHUTDOWN:
  case WIRE_CHECKPOINT:
  case WIRE_TAKE_OVER:
    return 0;
  default:
    return 1;
  }
}

// Takes a frame; whether it says to go on from the call back.
static int serve_frame(struct call *call) {
  struct request request;
  int goes_on = 0;
  if (!connection_receive(&request))
    _exit(0); // the controller is gone
  if (request.head.operation == WIRE_CALL && word(&request, 2) == 0) {
    goes_on = begin(&request, call);
  } else if (is_possible(request.head.operation))
    serve(&request);
  else
    reply_error(&request, EBUSY,
                "not while a call of a function waits for what it has called back");
  if (request.descriptor >= 0)
    close(request.descriptor);
  return goes_on;
}

// Does what is asked for until the call goes on: what the call back returns.
static uint64_t wait_to_go_on(void) {
  struct call call;
  for (;;) {
    if (!find_in_words(&call)) {
      if (serve_frame(&call))
        return call.argument;
    } else if (call.function)
      perform(&call);
    else
      return call.argument;
  }
}

static int call_back(uint64_t number, uint64_t offset) {
  if (!depth || !pthread_equal(pthread_self(), caller) || !running_is_controlled())
    return 2;
  int of_program = errno, around = depth;
  forkrepl_flush_output();
  keyboard_off();
  event = (struct wire_call_back){
      .kind = WIRE_CALLS_BACK, .number = number, .offset = offset};
  struct connection_buffer of_request = connection_set_buffer_aside();
  tell_event();
  int failed = wait_to_go_on() != 0;
  connection_take_buffer_back(of_request);
  depth = around;
  keyboard_on();
  errno = of_program;
  return failed;
}

void calls_begin(void (*function)(struct request *)) {
  serve = function;
  forkrepl_attend_call_backs(call_back);
}
