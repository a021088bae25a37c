#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int control = -1;
static struct connection_buffer buffer;
static atomic_flag sending = ATOMIC_FLAG_INIT; // somebody is

int connection_lift(int descriptor) {
  struct rlimit limit;
  int lowest = 512;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 64 &&
      limit.rlim_cur < 4096)
    lowest = (int)limit.rlim_cur - 32;
  int lifted = fcntl(descriptor, F_DUPFD_CLOEXEC, lowest);
  if (lifted < 0) {
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return descriptor;
  }
  close(descriptor);
  return lifted;
}

void connection_open(int descriptor) {
  atomic_flag_clear(&sending);
  control = connection_lift(descriptor);
}

void connection_replace(int descriptor) {
  connection_forget();
  connection_open(descriptor);
}

void connection_forget(void) {
  close(control);
  control = -1;
}

int connection_is(int descriptor) { return descriptor == control; }

// 1 when all is there, 0 at the end of the stream or on an error.
static int read_fully(void *into, size_t size, int *descriptor) {
  unsigned char *at = into;
  while (size) {
    struct iovec vector = {at, size};
    union {
      char bytes[CMSG_SPACE(sizeof(int))];
      struct cmsghdr aligned;
    } ancillary;
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = ancillary.bytes,
                             .msg_controllen = sizeof ancillary.bytes};
    ssize_t got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return 0;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
      memcpy(descriptor, CMSG_DATA(c), sizeof *descriptor);
    at += got;
    size -= (size_t)got;
  }
  return 1;
}

struct connection_buffer connection_set_buffer_aside(void) {
  struct connection_buffer before = buffer;
  buffer = (struct connection_buffer){NULL, 0};
  return before;
}

void connection_take_buffer_back(struct connection_buffer before) {
  free(buffer.bytes);
  buffer = before;
}

int connection_has_more(void) {
  char first;
  ssize_t got = recv(control, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EINTR);
}

int connection_receive(struct request *request) {
  request->descriptor = -1;
  request->refused = NULL;
  if (!read_fully(&request->head, sizeof request->head, &request->descriptor) ||
      request->head.size > WIRE_MAX_PAYLOAD)
    return 0;
  if (request->head.size + 1 > buffer.capacity) {
    unsigned char *larger = realloc(buffer.bytes, request->head.size + 1);
    if (!larger)
      return 0;
    buffer.bytes = larger;
    buffer.capacity = request->head.size + 1;
  }
  if (!read_fully(buffer.bytes, request->head.size, &request->descriptor))
    return 0;
  buffer.bytes[request->head.size] = 0; // strings in it end
  request->payload = buffer.bytes;
  return 1;
}

static void send_frame(uint16_t operation, int error, const void *first,
                       size_t first_size, const void *second, size_t second_size) {
  struct wire_head head = {(uint32_t)(first_size + second_size), operation,
                           (uint16_t)error};
  struct iovec vectors[3] = {
      {&head, sizeof head}, {(void *)first, first_size}, {(void *)second, second_size}};
  struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 3};
  while (message.msg_iovlen) {
    ssize_t sent = sendmsg(control, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return; // the controller is gone; the next receive says so
    while (message.msg_iovlen && (size_t)sent >= message.msg_iov->iov_len) {
      sent -= (ssize_t)message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (message.msg_iovlen) {
      message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
      message.msg_iov->iov_len -= (size_t)sent;
    }
  }
}

// Waits a millisecond at a time, at most `most` of them (negative: without end). 0:
// somebody else still sends.
static int begin_sending(int most) {
  const struct timespec pause = {.tv_nsec = 1000000};
  while (atomic_flag_test_and_set(&sending)) {
    if (most >= 0 && most-- == 0)
      return 0;
    nanosleep(&pause, NULL);
  }
  return 1;
}

void connection_reply2(uint16_t operation, int error, const void *first,
                       size_t first_size, const void *second, size_t second_size) {
  begin_sending(-1);
  send_frame(operation, error, first, first_size, second, second_size);
  atomic_flag_clear(&sending);
}

void connection_reply(uint16_t operation, int error, const void *payload, size_t size) {
  connection_reply2(operation, error, payload, size, NULL, 0);
}

int connection_seize(void) { return begin_sending(100); }

void connection_tell(uint16_t operation, const void *payload, size_t size) {
  send_frame(operation, 0, payload, size, NULL, 0);
}
