// The executor: the process in which the user's code runs.
//
//   forkrepl-executor SOCKET [KEEPER [CRASHES]]    the controller's sockets; without the
//                                        second there is no keeper, and no checkpoints;
//                                        without the third no crash is kept
//
// It maps, protects, looks up, runs and reads, as it is told; all policy is the
// controller's. Standard input, output and error belong to the user's program.
#define _GNU_SOURCE
#include "calls.h"
#include "checkpoint.h"
#include "connection.h"
#include "forkrepl_platform.h"
#include "keeper.h"
#include "kept_crash.h"
#include "machine.h"
#include "memory.h"
#include "printer.h"
#include "request.h"
#include "running.h"
#include "sanitizers.h"
#include "streams.h"
#include "waiting.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int has_keeper;

// Thread-local variables of code that was compiled for a program, not a library,
// are in here; see the platform library. Not zero, so that all of it has an image.
static _Thread_local char thread_area[16 << 10]
    __attribute__((aligned(64), used)) = {1};

static void on_hello(const struct request *request) {
  struct wire_hello hello = {WIRE_VERSION, (uint32_t)running_pid(),
                             (uint64_t)sysconf(_SC_PAGESIZE), machine_number};
  reply(request, 0, &hello, sizeof hello);
}

static void on_reserve(const struct request *request) {
  uint64_t address = word(request, 3), sharing = word(request, 2);
  if (sharing > WIRE_SHARED)
    return reply(request, EINVAL, NULL, 0);
  if (sharing != WIRE_ANONYMOUS && request->descriptor < 0)
    return reply_error(request, EBADF,
                       "the memory to share got lost on the way (a forwarded "
                       "socket?): connect to HOST:PORT instead");
  int error = memory_reserve(word(request, 0), word(request, 1) != 0,
                             (enum wire_sharing)sharing, request->descriptor, &address);
  reply(request, error, &address, sizeof address);
}

// For a payload of a word and bytes: `use` returns 0 or an errno value.
static void reply_after(const struct request *request,
                        int (*use)(uint64_t, const void *, size_t)) {
  size_t head = sizeof(uint64_t);
  if (request->head.size < head)
    return reply(request, EINVAL, NULL, 0);
  reply(request,
        use(word(request, 0), request->payload + head, request->head.size - head), NULL,
        0);
}

static void on_release(const struct request *request) {
  reply(request, memory_release(word(request, 0), word(request, 1)), NULL, 0);
}

static void on_protect(const struct request *request) {
  reply(request,
        memory_protect((const struct wire_range *)request->payload,
                       request->head.size / sizeof(struct wire_range)),
        NULL, 0);
}

static void lookup_one(size_t index, char *name, void *addresses) {
  ((uint64_t *)addresses)[index] = (uint64_t)forkrepl_find_symbol(name);
}

static void describe(size_t index, char *name, void *words) {
  uint64_t *word = (uint64_t *)words + 3 * index;
  forkrepl_describe_symbol(name, &word[0], &word[1], &word[2]);
}

static void lookup_thread_local(size_t index, char *name, void *pairs) {
  uint64_t *pair = (uint64_t *)pairs + 2 * index;
  forkrepl_find_thread_local(name, &pair[0], &pair[1]);
}

// Answers with `words` words for each name.
static void look_up(const struct request *request, size_t words,
                    void (*each)(size_t index, char *name, void *results)) {
  size_t count = strings(request, 0, NULL, NULL) * words;
  uint64_t *results = calloc(count + 1, sizeof *results);
  if (!results)
    return reply(request, ENOMEM, NULL, 0);
  strings(request, 0, each, results);
  reply(request, 0, results, count * sizeof *results);
  free(results);
}

static void on_load_library(const struct request *request) {
  if (dlopen((const char *)request->payload, RTLD_NOW | RTLD_GLOBAL)) {
    forkrepl_library_opened();
    reply(request, 0, NULL, 0);
  } else
    reply_error(request, ENOENT, dlerror());
}

static void on_open_exports(const struct request *request) {
  void *handle = forkrepl_open_memory(request->payload, request->head.size);
  if (handle)
    reply(request, 0, &handle, sizeof handle);
  else
    reply_error(request, ENOENT, dlerror());
}

static void on_close_exports(const struct request *request) {
  reply(request, forkrepl_close_memory((void *)word(request, 0)), NULL, 0);
}

static void on_thread_area(const struct request *request) {
  struct wire_thread_area area;
  forkrepl_thread_area(&area.offset, &area.size, &area.align);
  reply(request, 0, &area, sizeof area);
}

static void on_register(const struct request *request) {
  struct wire_unit wire;
  size_t rest = request->head.size - sizeof wire;
  if (request->head.size < sizeof wire)
    return reply(request, EINVAL, NULL, 0);
  memcpy(&wire, request->payload, sizeof wire);
  if (wire.move_count > rest / sizeof(struct wire_move))
    return reply(request, EINVAL, NULL, 0);
  const unsigned char *moves = request->payload + sizeof wire;
  const unsigned char *finalizers = moves + wire.move_count * sizeof(struct wire_move);
  struct forkrepl_unit unit = {
      .dso_handle = wire.dso_handle,
      .text_start = wire.text_start,
      .text_size = wire.text_size,
      .eh_frame = wire.eh_frame,
      .tls_module = wire.tls_module,
      .tls_image = wire.tls_image,
      .tls_size = wire.tls_size,
      .tls_align = wire.tls_align,
      .tls_offset = wire.tls_offset,
      .moves = (const struct forkrepl_move *)moves,
      .move_count = wire.move_count,
      .finalizers = (const uint64_t *)finalizers,
      .finalizer_count = (size_t)(request->payload + request->head.size - finalizers) /
                         sizeof(uint64_t),
  };
  reply(request, forkrepl_unit_register(&unit), NULL, 0);
}

struct interposition {
  const struct request *request;
  int error;
};

static void interpose(size_t index, char *name, void *context) {
  struct interposition *all = context;
  if (!all->error && index < word(all->request, 1))
    all->error =
        forkrepl_interpose(word(all->request, 0), name, word(all->request, 2 + index));
}

static void on_interpose(const struct request *request) {
  struct interposition all = {request, 0};
  uint64_t words = 2 + word(request, 1);
  if (words > request->head.size / sizeof(uint64_t))
    return reply(request, EINVAL, NULL, 0);
  strings(request, words * sizeof(uint64_t), interpose, &all);
  reply(request, all.error, NULL, 0);
}

static void on_perf_map(const struct request *request) {
  char text[128];
  memory_drop_names();
  int error = forkrepl_perf_map_append(request->payload, request->head.size);
  snprintf(text, sizeof text, "/tmp/perf-%d.map cannot be written: %s%s", (int)getpid(),
           strerror(error),
           error == EEXIST ? ", and is not ours to replace: remove it" : "");
  if (error)
    reply_error(request, error, text);
  else
    reply(request, 0, NULL, 0);
}

static void on_choose(const struct request *request) {
  forkrepl_choose_functions((const uint64_t *)request->payload,
                            request->head.size / (2 * sizeof(uint64_t)));
  reply(request, 0, NULL, 0);
}

static void on_patch(const struct request *request) {
  reply(request,
        memory_patch((const struct wire_patch *)request->payload,
                     request->head.size / sizeof(struct wire_patch)),
        NULL, 0);
}

static void on_read(const struct request *request) {
  uint64_t size = word(request, 1);
  unsigned char *bytes = size <= WIRE_MAX_PAYLOAD ? malloc(size + 1) : NULL;
  if (!bytes)
    return reply(request, ENOMEM, NULL, 0);
  size = memory_read(word(request, 0), bytes, size);
  reply(request, 0, bytes, size);
  free(bytes);
}

static void on_name(const struct request *request) {
  void *address = (void *)word(request, 0);
  Dl_info found;
  const char *name = "";
  if (dladdr(address, &found) && found.dli_saddr == address && found.dli_sname)
    name = found.dli_sname;
  reply(request, 0, name, strlen(name));
}

static void on_checkpoint(struct request *request) {
  if (!has_keeper || request->descriptor < 0)
    return reply_error(request, EMFILE,
                       "the program has no descriptor left for a checkpoint");
  struct wire_checkpoint about = {0};
  int made = checkpoint_fork(request->descriptor, &about);
  if (made <= 0)
    return reply(request, -made, NULL, 0);
  request->descriptor = -1; // it is the connection now
  running_begin();
  reply(request, 0, &about, sizeof about);
}

static void on_take_over(const struct request *request) {
  checkpoint_take_over();
  reply(request, 0, NULL, 0);
}

static void serve(struct request *request);

// Takes the first frame of `from` off it; 0 if there is none.
static int take_frame(struct request *from, struct request *frame) {
  size_t rest = from->head.size;
  *frame = (struct request){.descriptor = -1};
  if (rest < sizeof frame->head)
    return 0;
  memcpy(&frame->head, from->payload, sizeof frame->head);
  rest -= sizeof frame->head;
  if (frame->head.size > rest)
    return 0;
  frame->payload = from->payload + sizeof frame->head;
  from->payload = frame->payload + frame->head.size;
  from->head.size = (uint32_t)(rest - frame->head.size);
  return 1;
}

static int may_precede(const struct request *frame) {
  uint16_t operation = frame->head.operation;
  return frame->head.size % sizeof(uint64_t) == 0 && // what follows is aligned, too
         (operation == WIRE_PROTECT || operation == WIRE_WRITE ||
          operation == WIRE_REGISTER);
}

static void on_together(struct request *request) {
  struct request rest = *request, frame;
  int refused = 0;
  while (take_frame(&rest, &frame)) {
    if (frame.head.operation == WIRE_TOGETHER)
      break; // in one another, they could use up the stack
    if (rest.head.size == 0) {
      frame.descriptor = request->descriptor;
      serve(&frame);
      request->descriptor = frame.descriptor; // it may be in use now
      return;
    }
    if (!may_precede(&frame))
      break;
    frame.refused = &refused;
    serve(&frame);
    if (refused)
      return;
  }
  reply(request, EINVAL, NULL, 0);
}

static void serve(struct request *request) {
  switch (request->head.operation) {
  case WIRE_HELLO:
    return on_hello(request);
  case WIRE_RESERVE:
    return on_reserve(request);
  case WIRE_WRITE:
    return reply_after(request, memory_write);
  case WIRE_RELEASE:
    return on_release(request);
  case WIRE_PROTECT:
    return on_protect(request);
  case WIRE_LOOKUP:
    return look_up(request, 1, lookup_one);
  case WIRE_LOOKUP_THREAD_LOCAL:
    return look_up(request, 2, lookup_thread_local);
  case WIRE_DESCRIBE:
    return look_up(request, 3, describe);
  case WIRE_OPEN_EXPORTS:
    return on_open_exports(request);
  case WIRE_CLOSE_EXPORTS:
    return on_close_exports(request);
  case WIRE_THREAD_AREA:
    return on_thread_area(request);
  case WIRE_LOAD_LIBRARY:
    return on_load_library(request);
  case WIRE_REGISTER:
    return on_register(request);
  case WIRE_INTERPOSE:
    return on_interpose(request);
  case WIRE_CHOOSE:
    return on_choose(request);
  case WIRE_RUN:
    return running_on_run(request);
  case WIRE_RUN_MAIN:
    return running_on_run_main(request);
  case WIRE_RUN_PROGRAM:
    return running_on_run_program(request);
  case WIRE_CLOSE:
    return running_on_close(request);
  case WIRE_PATCH:
    return on_patch(request);
  case WIRE_READ:
    return on_read(request);
  case WIRE_PRINT:
    return printer_on_print(request);
  case WIRE_NAME:
    return on_name(request);
  case WIRE_SET_ARGUMENTS:
    return running_on_set_arguments(request);
  case WIRE_CHECKPOINT:
    return on_checkpoint(request);
  case WIRE_TAKE_OVER:
    return on_take_over(request);
  case WIRE_DEBUG_OBJECT:
    return reply_after(request, forkrepl_debugger_add);
  case WIRE_SHOW_OBJECTS:
    return reply(request, forkrepl_debugger_show(request->descriptor), NULL, 0);
  case WIRE_PERF_MAP:
    return on_perf_map(request);
  case WIRE_CALL:
    return calls_on_call(request);
  case WIRE_REDIRECT:
    return reply(request, streams_redirect(word(request, 0), request->descriptor), NULL,
                 0);
  case WIRE_SHUTDOWN:
    return running_on_shutdown(request);
  case WIRE_TOGETHER:
    return on_together(request);
  default:
    reply(request, ENOSYS, NULL, 0);
  }
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 4) {
    fprintf(stderr, "forkrepl-executor: started by forkrepl, not by hand\n");
    return 2;
  }
  sanitizers_begin();
  has_keeper = argc > 2;
  if (argc > 3)
    kept_crash_open(atoi(argv[3]));
  if (has_keeper)
    keeper_start(atoi(argv[2]), atoi(argv[1]));
  running_begin();
  waiting_serve_by(serve);
  calls_begin(serve);
  forkrepl_set_thread_area(thread_area, sizeof thread_area);
  prctl(PR_SET_PDEATHSIG, SIGKILL); // not even an endless loop outlives it
  connection_open(atoi(argv[1]));
  pthread_atfork(NULL, NULL, connection_forget);
  pthread_atfork(NULL, NULL, sanitizers_attend);

  struct request request;
  while (calls_watch(), connection_receive(&request)) {
    serve(&request);
    if (request.descriptor >= 0)
      close(request.descriptor);
  }
  // The controller is gone, perhaps killed: nobody is left to run code for.
  _exit(0);
}
