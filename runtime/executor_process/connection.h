// The control socket, seen from the executor.
#pragma once

#include "wire.h"

#include <stddef.h>

struct request {
  struct wire_head head;
  unsigned char *payload; // head.size bytes and a NUL; valid until the next
  int descriptor;         // passed along, or -1; the receiver closes it
  int *refused;           // NULL, or: answer only to refuse, and set this to 1
};

// Moves a descriptor out of the way of the user's program, which may count on low ones
// being free, and of programs that it starts: its new number.
int connection_lift(int descriptor);

// The socket to use from now on; it is moved away.
void connection_open(int descriptor);

// Another socket takes its place.
void connection_replace(int descriptor);

// For a fork that the program makes: it has no connection.
void connection_forget(void);

// Whether this is the socket.
int connection_is(int descriptor);

// What payloads are in. While it is set aside, requests can be received and answered
// in the midst of another, whose payload stays.
struct connection_buffer {
  unsigned char *bytes;
  size_t capacity;
};
struct connection_buffer connection_set_buffer_aside(void);
void connection_take_buffer_back(struct connection_buffer before);

// Whether `connection_receive` would not have to wait.
int connection_has_more(void);

// 0 when the controller is gone.
int connection_receive(struct request *request);

void connection_reply(uint16_t operation, int error, const void *payload, size_t size);

// A reply in two pieces.
void connection_reply2(uint16_t operation, int error, const void *first,
                       size_t first_size, const void *second, size_t second_size);

// For a crash: the socket is this thread's for good, and what others want to send
// waits for the end of the process. 0 if another reply is on its way and stays there.
int connection_seize(void);

// Sends a frame on the socket that has been seized.
void connection_tell(uint16_t operation, const void *payload, size_t size);
