// The copy is made as for a checkpoint, so the program does not notice it. It has no
// connection: it talks to the executor, which limits its time and its text, and which
// answers what the controller asks about its memory. Whatever the printer does to the
// copy (crash, hang, write to variables, use up a range) has no effect.
#define _GNU_SOURCE
#include "printer.h"
#include "checkpoint.h"
#include "crash.h"
#include "forkrepl_platform.h"
#include "memory.h"
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST_MS = 2000 };
enum { MOST_SECONDS_ALONE = 30 }; // of a copy that has lost its executor
enum { MOST_TEXT = 64 << 10, LARGEST_PIECE = 16 << 10 }; // bytes

// What the printer gets (`__calls` of the frontend's embedded/printers.h).
struct printer_calls {
  void (*write)(const char *text, unsigned long size);
  int (*element)(const void *address, int has_text); // its text has been written before
};

// From the copy to the executor: its end, as of wire.h, or
enum { STARTED = 100, TEXT, ELEMENT, CONTENTS };

struct message {
  uint32_t kind;
  int32_t number;
  uint64_t address;
  char text[LARGEST_PIECE];
};

enum { HEAD = offsetof(struct message, text) };

// From the executor to the copy, which waits while an element is looked at.
enum { NO_MORE, GO_ON, READ };

struct wish {
  uint64_t kind, address, size; // READ: at most LARGEST_PIECE
};

// In the copy.

static int channel;
static void (*print)(void *object, const struct printer_calls *calls);
static void *object;
static size_t written;

static void tell(uint32_t kind, int number, const void *address, const char *text,
                 size_t size) {
  static struct message message;
  message.kind = kind;
  message.number = number;
  message.address = (uint64_t)address;
  memcpy(message.text, text, size);
  while (send(channel, &message, HEAD + size, MSG_NOSIGNAL) < 0 && errno == EINTR)
    ;
}

static void on_write(const char *text, unsigned long size) {
  while (size && written < MOST_TEXT) {
    size_t piece = size < LARGEST_PIECE ? size : LARGEST_PIECE;
    if (piece > MOST_TEXT - written)
      piece = MOST_TEXT - written;
    tell(TEXT, 0, NULL, text, piece);
    written += piece;
    text += piece;
    size -= piece;
  }
  if (size) {
    tell(WIRE_PRINTED_TOO_MUCH, 0, NULL, "", 0);
    _exit(0);
  }
}

static int on_element(const void *address, int has_text) {
  static char contents[LARGEST_PIECE];
  struct wish wish;
  tell(ELEMENT, has_text, address, "", 0);
  written = 0;
  for (;;) {
    if (recv(channel, &wish, sizeof wish, 0) != sizeof wish)
      _exit(0);
    if (wish.kind != READ)
      return wish.kind == GO_ON;
    tell(CONTENTS, 0, NULL, contents, memory_read(wish.address, contents, wish.size));
  }
}

static void on_crash(int number) {
  tell(WIRE_PRINTER_CRASHED, number, NULL, "", 0);
  _exit(0);
}

static void call_print(void) {
  static const struct printer_calls calls = {on_write, on_element};
  print(object, &calls);
}

static void keep_to_itself(void) {
  forkrepl_deadly_handlers_forget();
  int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; ++fd)
    dup2(nowhere, fd);
  setpgid(0, 0);
  struct sigaction action = {.sa_handler = on_crash,
                             .sa_flags = SA_ONSTACK | SA_NODEFER};
  for (int i = 0; i < CRASH_SIGNALS; ++i)
    sigaction(crash_signals[i], &action, NULL);
  // Should the executor be gone before its time is up.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t alarms;
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  signal(SIGALRM, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
  alarm(MOST_SECONDS_ALONE);
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); // the executor reads its memory
}

static _Noreturn void print_and_end(uint64_t *functions, size_t count) {
  static struct forkrepl_outcome outcome;
  static char text[FORKREPL_EXCEPTION_TYPE_SIZE + FORKREPL_EXCEPTION_WHAT_SIZE + 2];
  keep_to_itself();
  tell(STARTED, getpid(), NULL, "", 0);
  functions[count] = (uint64_t)call_print;
  forkrepl_run(functions, count + 1, &outcome);
  int size = snprintf(text, sizeof text, "%s%s%s", outcome.exception_type,
                      *outcome.exception_what ? ": " : "", outcome.exception_what);
  tell(outcome.kind == FORKREPL_THREW ? WIRE_PRINTER_THREW : WIRE_PRINTED, 0, NULL,
       text, (size_t)size);
  _exit(0);
}

// In the executor.

struct copy {
  int channel;
  int pidfd;
  pid_t pid;
  int64_t deadline; // ms
};

static int interrupts = -1; // a signalfd: readable when Ctrl-C has been pressed

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// 0 when the copy has no more to say: then this is its end.
static int next_message(struct copy *copy, struct message *message, size_t *size) {
  struct pollfd polled[3] = {
      {copy->channel, POLLIN, 0}, {copy->pidfd, POLLIN, 0}, {interrupts, POLLIN, 0}};
  int64_t left = copy->deadline - now();
  int ready = poll(polled, 3, left > 0 ? (int)left : 0);
  message->kind = ready ? WIRE_PRINTER_ENDED : WIRE_PRINTER_TOO_SLOW;
  *size = 0;
  if (ready < 0 && errno == EINTR) {
    message->kind = TEXT;
    return 1;
  }
  if (polled[2].revents) {
    message->kind = WIRE_PRINTER_INTERRUPTED;
    return 0;
  }
  if (!polled[0].revents)
    return 0;
  ssize_t got = recv(copy->channel, message, sizeof *message, MSG_DONTWAIT);
  if (got < HEAD) {
    message->kind = WIRE_PRINTER_ENDED;
    return 0;
  }
  *size = (size_t)got - HEAD;
  return message->kind >= STARTED;
}

// What the copy itself reads, where nobody may look into another process.
static uint64_t read_by_copy(struct copy *copy, uint64_t address, unsigned char *into,
                             uint64_t size) {
  static struct message message;
  uint64_t done = 0;
  size_t got = LARGEST_PIECE;
  copy->deadline = now() + MOST_MS;
  while (done < size && got == LARGEST_PIECE) {
    struct wish wish = {READ, address + done, size - done};
    if (wish.size > LARGEST_PIECE)
      wish.size = LARGEST_PIECE;
    send(copy->channel, &wish, sizeof wish, MSG_NOSIGNAL);
    do {
      if (!next_message(copy, &message, &got))
        return done;
    } while (message.kind != CONTENTS);
    if (got > wish.size)
      return done;
    memcpy(into + done, message.text, got);
    done += got;
  }
  return done;
}

static void read_of_copy(const struct request *request, struct copy *copy) {
  uint64_t address = word(request, 0), size = word(request, 1);
  unsigned char *bytes = size <= WIRE_MAX_PAYLOAD ? malloc(size + 1) : NULL;
  if (!bytes)
    return reply(request, ENOMEM, NULL, 0);
  errno = 0;
  uint64_t got = memory_read_of(copy->pid, address, bytes, size);
  if (!got && memory_is_refused(errno))
    got = read_by_copy(copy, address, bytes, size);
  reply(request, 0, bytes, got);
  free(bytes);
}

// Has the controller look at an element, which takes what time it takes: NO_MORE or GO_ON.
static uint64_t show_element(struct copy *copy, const struct message *message,
                             const char *text, size_t length) {
  int64_t left = copy->deadline - now();
  struct request request;
  struct wire_element element = {message->address, (uint64_t)message->number};
  connection_reply2(WIRE_ELEMENT, 0, &element, sizeof element, text, length);
  for (;;) {
    if (!connection_receive(&request))
      _exit(0); // the controller is gone
    if (request.descriptor >= 0)
      close(request.descriptor);
    if (request.head.operation == WIRE_RESUME)
      break;
    if (request.head.operation == WIRE_READ)
      read_of_copy(&request, copy);
    else
      reply(&request, EBUSY, NULL, 0);
  }
  copy->deadline = now() + left;
  return word(&request, 0) != 0 ? GO_ON : NO_MORE;
}

// While the program waits SIGINT is blocked in this thread, so it stays there to be
// seen; keyboard_on drops it.
static void attend_interrupts(void) {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  interrupts = signalfd(-1, &interrupt, SFD_CLOEXEC);
}

static void supervise(const struct request *request, struct copy *copy) {
  static struct message message;
  static char text[MOST_TEXT];
  size_t length = 0, size;
  while (next_message(copy, &message, &size))
    if (message.kind == STARTED) {
      copy->pid = message.number;
      copy->pidfd = (int)syscall(SYS_pidfd_open, copy->pid, 0);
    } else if (message.kind == ELEMENT) {
      struct wish wish = {.kind = show_element(copy, &message, text, length)};
      length = 0;
      send(copy->channel, &wish, sizeof wish, MSG_NOSIGNAL);
    } else if (size <= sizeof text - length) {
      memcpy(text + length, message.text, size);
      length += size;
    }
  struct wire_printed printed = {message.kind, message.number};
  if (message.kind == WIRE_PRINTER_THREW)
    connection_reply2(request->head.operation, 0, &printed, sizeof printed,
                      message.text, size);
  else
    connection_reply2(request->head.operation, 0, &printed, sizeof printed, text,
                      length);
}

// Where there are no pidfds its number is its own as long as it has the other end.
static void end_copy(const struct copy *copy) {
  int is_ended = copy->pidfd >= 0 &&
                 syscall(SYS_pidfd_send_signal, copy->pidfd, SIGKILL, NULL, 0) == 0;
  struct pollfd other_end = {copy->channel, POLLRDHUP, 0};
  if (!is_ended && copy->pid > 1 && poll(&other_end, 1, 0) == 0)
    kill(copy->pid, SIGKILL);
  if (copy->pidfd >= 0)
    close(copy->pidfd);
}

static void print_in_copy(const struct request *request, uint64_t *functions,
                          size_t count) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
    return reply(request, errno, NULL, 0);
  int made = checkpoint_copy();
  if (made == 1) {
    channel = ends[1];
    close(ends[0]);
    print_and_end(functions, count);
  }
  close(ends[1]);
  struct copy copy = {ends[0], -1, 0, now() + MOST_MS};
  attend_interrupts();
  if (made < 0)
    reply(request, -made, NULL, 0);
  else
    supervise(request, &copy);
  end_copy(&copy);
  close(ends[0]);
  if (interrupts >= 0)
    close(interrupts);
}

void printer_on_print(const struct request *request) {
  enum { BEFORE = 2 * sizeof(uint64_t) };
  if (request->head.size < BEFORE)
    return reply(request, EINVAL, NULL, 0);
  print = (void (*)(void *, const struct printer_calls *))word(request, 0);
  object = (void *)word(request, 1);
  written = 0;
  // The payload is gone once the controller asks for more. One more: call_print.
  size_t bytes = request->head.size - BEFORE;
  uint64_t *functions = malloc(bytes + 2 * sizeof(uint64_t));
  if (!functions)
    return reply(request, ENOMEM, NULL, 0);
  memcpy(functions, request->payload + BEFORE, bytes);
  struct request kept = *request;
  print_in_copy(&kept, functions, bytes / sizeof(uint64_t));
  free(functions);
}
