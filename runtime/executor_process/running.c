#define _GNU_SOURCE
#include "running.h"
#include "crash.h"
#include "frames.h"
#include "kept_crash.h"
#include "keyboard.h"
#include "request.h"
#include "sanitizers.h"
#include "waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pid_t controlled;
static char **arguments; // of the user's program, the last one NULL

int running_is_controlled(void) { return getpid() == controlled; }

enum { MOST_TOLD = 16 << 10 };                            // bytes, of an exception
static char told[(1 + FORKREPL_MOST_CAUSES) * MOST_TOLD]; // one after another

// Frames that there is no room for are left out. Returns the end.
static char *tell_exception(char *to, const char *type, const char *what,
                            const struct forkrepl_trace *trace) {
  struct wire_exception wire = {.type_length = (uint32_t)strlen(type),
                                .what_length = (uint32_t)strlen(what),
                                .is_complete = trace->is_complete};
  char *head = to, *end = to + MOST_TOLD;
  to = mempcpy(head + sizeof wire, type, wire.type_length);
  to = mempcpy(to, what, wire.what_length);
  for (uint32_t i = 0; i < trace->count; ++i) {
    size_t size = frame_describe(trace->frames[i], 1, to, (size_t)(end - to));
    to += size;
    wire.frame_count += size != 0;
  }
  memcpy(head, &wire, sizeof wire);
  return to;
}

void running_tell_outcome(uint16_t operation, const struct forkrepl_outcome *outcome) {
  int threw = outcome->kind == FORKREPL_THREW;
  if (!running_is_controlled()) // the snippet forked and this is the child
    exit(threw);
  struct wire_outcome wire = {
      .kind = outcome->kind,
      .status = outcome->status,
      .restored_signals = outcome->restored_signals,
      .exception_count = threw ? 1 + outcome->cause_count : 0,
  };
  char *end = told;
  if (threw)
    end = tell_exception(end, outcome->exception_type, outcome->exception_what,
                         &outcome->trace);
  for (uint32_t i = 0; threw && i < outcome->cause_count; ++i) {
    const struct forkrepl_cause *cause = &outcome->causes[i];
    end = tell_exception(end, cause->type, cause->what, &cause->trace);
  }
  connection_reply2(operation, 0, &wire, sizeof wire, told, (size_t)(end - told));
}

void running_on_run(const struct request *request) {
  struct forkrepl_outcome outcome;
  keyboard_on();
  forkrepl_read_again();
  forkrepl_run((const uint64_t *)request->payload,
               request->head.size / sizeof(uint64_t), &outcome);
  forkrepl_debugged_input_ends();
  keyboard_off();
  running_tell_outcome(request->head.operation, &outcome);
}

static void copy_argument(size_t index, char *text, void *copies) {
  ((char **)copies)[index] = strdup(text);
}

// The program may keep pointers to them, so they are never freed.
static int set_arguments(const struct request *request, size_t offset) {
  size_t count = strings(request, offset, NULL, NULL);
  char **copies = calloc(count + 1, sizeof *copies);
  if (!copies)
    return -1;
  strings(request, offset, copy_argument, copies);
  arguments = copies;
  forkrepl_argc = (int)count;
  forkrepl_argv = arguments;
  if (count) { // what assert(3) and err(3) call the program
    program_invocation_name = arguments[0];
    const char *slash = strrchr(arguments[0], '/');
    program_invocation_short_name = slash ? (char *)slash + 1 : arguments[0];
  }
  return (int)count;
}

void running_on_set_arguments(const struct request *request) {
  reply(request, set_arguments(request, 0) < 0 ? ENOMEM : 0, NULL, 0);
}

void running_on_run_main(const struct request *request) {
  struct forkrepl_outcome outcome;
  uint64_t function = word(request, 0);
  int count = set_arguments(request, sizeof function);
  if (count < 0)
    return reply(request, ENOMEM, NULL, 0);
  keyboard_on();
  forkrepl_run_main(function, count, arguments, &outcome);
  keyboard_off();
  running_tell_outcome(request->head.operation, &outcome);
}

// Nothing comes back: the program ends here, as natively, also by an exception.
void running_on_run_program(const struct request *request) {
  if (request->head.size < sizeof(uint64_t))
    return reply(request, EINVAL, NULL, 0);
  keyboard_on();
  forkrepl_run_program((const uint64_t *)request->payload + 1,
                       request->head.size / sizeof(uint64_t) - 1, word(request, 0));
}

void running_on_close(const struct request *request) {
  struct forkrepl_outcome outcome;
  keyboard_on();
  int error = forkrepl_unit_close(word(request, 0), &outcome);
  keyboard_off();
  if (error)
    reply(request, error, NULL, 0);
  else
    running_tell_outcome(request->head.operation, &outcome);
}

// exit() or quick_exit(), from wherever: the controller learns that it was no
// accident.
static void tell_status(int status) {
  if (running_is_controlled())
    connection_reply(WIRE_EXITING, 0, &status, sizeof status);
}

void running_on_shutdown(const struct request *request) {
  int32_t status = 0;
  if (request->head.size >= sizeof status)
    memcpy(&status, request->payload, sizeof status);
  keyboard_on();
  exit(status);
}

void running_begin(void) {
  if (!controlled) {
    forkrepl_attend_exit(tell_status);
    waiting_attend(running_is_controlled);
    keyboard_off();
  }
  controlled = getpid();
  crash_attend(running_is_controlled);
  kept_crash_let_attach();
  sanitizers_attend();
}

pid_t running_pid(void) { return controlled; }
