#include "waiting.h"
#include "forkrepl_platform.h"
#include "keyboard.h"
#include "memory.h"
#include "request.h"

#include <errno.h>
#include <unistd.h>

static int (*in_control)(void);
static void (*serve)(struct request *request);

// Nothing of the program's can run while it waits; and a checkpoint would begin in the
// midst of an input.
static int is_possible(uint16_t operation) {
  switch (operation) {
  case WIRE_RUN:
  case WIRE_RUN_MAIN:
  case WIRE_SHUTDOWN:
  case WIRE_CHECKPOINT:
  case WIRE_TAKE_OVER:
  case WIRE_CALL:
    return 0;
  default:
    return 1;
  }
}

static void answer_until_resumed(void) {
  struct request request;
  do {
    if (!connection_receive(&request))
      _exit(0); // the controller is gone
    if (request.head.operation == WIRE_RESUME)
      ;
    else if (is_possible(request.head.operation))
      serve(&request);
    else
      reply(&request, EBUSY, NULL, 0);
    if (request.descriptor >= 0)
      close(request.descriptor);
  } while (request.head.operation != WIRE_RESUME);
}

static void show(const struct forkrepl_value *value) {
  static unsigned char first[WIRE_MAX_VALUE]; // the program's stack may be small
  if (!in_control())                          // a fork that the expression has made
    return;
  // For the time being the keyboard is the controller's.
  keyboard_off();
  size_t wanted = value->size < sizeof first ? value->size : sizeof first;
  struct wire_value wire = {
      .address = value->address,
      .size = value->size,
      .kept = value->kept,
      .keep = value->keep,
      .length = (uint32_t)memory_read(value->address, first, wanted),
  };
  struct connection_buffer of_run = connection_set_buffer_aside();
  connection_reply2(WIRE_VALUE, 0, &wire, sizeof wire, first, wire.length);
  answer_until_resumed();
  connection_take_buffer_back(of_run);
  keyboard_on();
}

void waiting_attend(int (*is_in_control)(void)) {
  in_control = is_in_control;
  forkrepl_attend_values(show);
}

void waiting_serve_by(void (*function)(struct request *)) { serve = function; }
