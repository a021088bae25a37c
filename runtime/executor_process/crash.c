// Everything in here runs in a signal handler, in a process whose heap and locks may
// be in any state: no malloc, no stdio, fixed buffers. What may fail comes later than
// what may not, and a crash in the report sends what has been found by then.
#define _GNU_SOURCE
#include "crash.h"
#include "connection.h"
#include "forkrepl_platform.h"
#include "frames.h"
#include "kept_crash.h"
#include "machine.h"
#include "mappings.h"
#include "memory.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

const int crash_signals[CRASH_SIGNALS] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                                          SIGABRT, SIGTRAP, SIGSYS};

// Those, and Ctrl-C, of which it is told where the program was.
static const int told_signals[CRASH_SIGNALS + 1] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                                                    SIGABRT, SIGTRAP, SIGSYS, SIGINT};

enum { NEWEST = 32, OLDEST = 16 }; // frames that are kept of a deep stack
enum { MOST_MS = 400 };            // for walking it
enum { MOST_CRASHES = 8 };         // of threads, and of the report itself

static int (*in_control)(void);
static char stack[64 << 10] __attribute__((aligned(16))); // the handler's
static atomic_int reporter; // the thread that reports, 0 if none does
static atomic_int crashes;  // how often a thread has come here
static int first_signal;
static uint64_t crash_address;

static struct frame {
  uint64_t pc;
  uint32_t is_return;
} newest[NEWEST], oldest[OLDEST]; // `oldest` is a ring
static uint64_t walked;
static uint32_t is_complete;
static uint64_t resumed_pc; // where the unwinder finds what was interrupted
static struct timespec started;
static uint64_t instruction;

static char payload[64 << 10];
static size_t filled;

static int own_thread(void) { return (int)machine_system_call(SYS_gettid, 0, 0, 0, 0); }

static void set_default(int number) {
  static const uint64_t by_default[4]; // the kernel's struct sigaction
  machine_system_call(SYS_rt_sigaction, number, (long)by_default, 0, sizeof(uint64_t));
}

// With a signal that the process may not survive.
static _Noreturn void die(int number) {
  uint64_t set = 1ul << (number - 1);
  set_default(number);
  machine_system_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&set, 0, sizeof set);
  machine_system_call(SYS_tgkill, machine_system_call(SYS_getpid, 0, 0, 0, 0),
                      own_thread(), number, 0);
  for (;;)
    machine_system_call(SYS_exit_group, 128 + number, 0, 0, 0);
}

static void note_frame(uint64_t pc, int is_return) {
  struct frame frame = {pc, (uint32_t)is_return};
  if (walked < NEWEST)
    newest[walked] = frame;
  else
    oldest[(walked - NEWEST) % OLDEST] = frame;
  ++walked;
}

static int took_too_long(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - started.tv_sec) * 1000 +
             (now.tv_nsec - started.tv_nsec) / 1000000 >
         MOST_MS;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *seen) {
  int is_exact = 0;
  uint64_t pc = _Unwind_GetIPInfo(context, &is_exact);
  int *is_inside = seen;
  if (!*is_inside) { // still in this handler
    *is_inside = is_exact && pc == resumed_pc;
    if (*is_inside && walked == 1) // a call of what is no code
      note_frame(pc, 1);
    else if (*is_inside)
      note_frame(pc, 0);
    return _URC_NO_REASON;
  }
  note_frame(pc, !is_exact);
  return walked % 64 == 0 && took_too_long() ? _URC_NORMAL_STOP : _URC_NO_REASON;
}

static void walk(const struct wire_crash *crash, ucontext_t *context) {
  int is_inside = 0;
  struct machine_place caller;
  clock_gettime(CLOCK_MONOTONIC, &started);
  // A call of what is no code has no frame of its own: unwind from its return
  // address, as if it had returned.
  if (crash->access & MACHINE_FETCH && crash->address == crash->pc &&
      machine_return(context, &caller)) {
    note_frame(crash->pc, 0);
    machine_set_place(context, caller);
  }
  resumed_pc = machine_place(context).pc;
  is_complete = _Unwind_Backtrace(visit, &is_inside) == _URC_END_OF_STACK;
  if (!walked)
    note_frame(crash->pc, 0);
}

static void append(const void *bytes, size_t size) {
  memcpy(payload + filled, bytes, size);
  filled += size;
}

// 0 when there is no room for more.
static uint32_t append_frame(uint64_t pc, uint32_t is_return) {
  size_t size =
      frame_describe(pc, is_return, payload + filled, sizeof payload - filled);
  filled += size;
  return size != 0;
}

static uint32_t append_frames(void) {
  uint32_t count = 0;
  for (uint64_t i = 0; i < walked && i < NEWEST; ++i)
    count += append_frame(newest[i].pc, newest[i].is_return);
  uint64_t rest = walked > NEWEST ? walked - NEWEST : 0;
  for (uint64_t i = rest > OLDEST ? rest - OLDEST : 0; i < rest; ++i)
    count += append_frame(oldest[i % OLDEST].pc, oldest[i % OLDEST].is_return);
  return count;
}

// Of the exception that the thread handles, as std::terminate does with one that nobody
// catches: by then parts of the stack may be gone.
static uint32_t append_throw(void) {
  static struct forkrepl_trace trace;
  uint32_t count = 0;
  forkrepl_find_current_throw(&trace);
  for (uint32_t i = 0; i < trace.count; ++i)
    count += append_frame(trace.frames[i], 1);
  return count;
}

static void send_details(void) {
  static int has_begun;
  struct mapping mappings[3];
  struct wire_crash_details details = {.walked = walked,
                                       .instruction = instruction,
                                       .is_complete = is_complete,
                                       .newest_count = NEWEST};
  if (has_begun++) // it crashed itself
    return;
  filled = sizeof details;
  size_t count = mappings_around(crash_address, mappings);
  for (size_t i = 0; i < count; ++i) {
    struct wire_crash_mapping wire = {mappings[i].start, mappings[i].end,
                                      mappings[i].protection,
                                      (uint32_t)strlen(mappings[i].name)};
    append(&wire, sizeof wire);
    append(mappings[i].name, wire.name_length);
  }
  details.mapping_count = (uint32_t)count;
  details.frame_count = append_frames();
  if (first_signal == SIGABRT) {
    const char *assertion = forkrepl_failed_assertion();
    details.throw_count = append_throw();
    details.assertion_length = (uint32_t)strnlen(assertion, sizeof payload - filled);
    append(assertion, details.assertion_length);
  }
  memcpy(payload, &details, sizeof details);
  connection_tell(WIRE_CRASH_DETAILS, payload, filled);
}

static void report(const struct wire_crash *crash, ucontext_t *context) {
  if (!connection_seize())
    return;
  connection_tell(WIRE_CRASHED, crash, sizeof *crash);
  crash_address = crash->address;
  memory_read(crash->pc, &instruction, sizeof instruction);
  walk(crash, context);
  forkrepl_show_rest();
  send_details();
}

static struct wire_crash describe(int number, const siginfo_t *info,
                                  const ucontext_t *context) {
  struct machine_place place = machine_place(context);
  struct wire_crash crash = {.signal = (uint32_t)number,
                             .code = info->si_code,
                             .pc = place.pc,
                             .sp = place.sp,
                             .process = (uint32_t)getpid(),
                             .thread = (uint32_t)own_thread()};
  if (info->si_code <= 0) { // kill(2), raise(3) and their kin
    crash.sender = (uint32_t)info->si_pid;
    return crash;
  }
  crash.address = (uint64_t)info->si_addr;
  crash.access =
      number == SIGSYS ? (uint64_t)info->si_syscall : machine_access(context);
  return crash;
}

// So that who is traced gets it where it came, once the handler has returned.
static void raise_again(int number, siginfo_t *info) {
  uint64_t all = ~0ul;
  set_default(number);
  machine_system_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, 0, sizeof all);
  machine_system_call(SYS_rt_tgsigqueueinfo,
                      machine_system_call(SYS_getpid, 0, 0, 0, 0), own_thread(), number,
                      (long)info);
}

static void on_signal(int number, siginfo_t *info, void *context) {
  ucontext_t *interrupted = context;
  int nobody = 0, self = own_thread();
  if (atomic_fetch_add(&crashes, 1) >= MOST_CRASHES)
    die(number);
  if (!in_control())
    die(number);
  if (!atomic_compare_exchange_strong(&reporter, &nobody, self)) {
    while (nobody != self) // another thread is about to end the process
      pause();
    send_details(); // the report crashed
    kept_crash_refuse();
    die(first_signal);
  }
  first_signal = number;
  struct wire_crash crash = describe(number, info, interrupted);
  struct machine_place place = machine_place(interrupted); // which the walk may change
  report(&crash, interrupted);
  if (!kept_crash_keep())
    die(number);
  machine_set_place(interrupted, place);
  raise_again(number, info);
}

static int are_reported(void) {
  struct sigaction now;
  return in_control() && sigaction(SIGABRT, NULL, &now) == 0 &&
         now.sa_sigaction == on_signal;
}

static void install(int number) {
  struct sigaction action = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  sigaction(number, &action, NULL);
}

// For signals whose handlers go with their units.
static void restore(int number) {
  for (int i = 0; i <= CRASH_SIGNALS; ++i)
    if (told_signals[i] == number)
      return install(number);
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(number, &action, NULL);
}

int crash_is_default(int number) {
  struct sigaction now;
  return sigaction(number, NULL, &now) == 0 &&
         (now.sa_handler == SIG_DFL || now.sa_sigaction == on_signal);
}

void crash_attend(int (*is_controlled)(void)) {
  stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
  in_control = is_controlled;
  atomic_store(&reporter, 0); // of a process that this one is a fork of
  atomic_store(&crashes, 0);
  sigaltstack(&own, NULL); // of this thread; the others have none
  for (int i = 0; i <= CRASH_SIGNALS; ++i) {
    struct sigaction now;
    if (sigaction(told_signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
      install(told_signals[i]);
  }
  forkrepl_set_signal_default(restore);
  forkrepl_report_assertions(are_reported);
}
