// The platform library: what code that can be unmapped needs from its process.
//
// It lives in the process that runs the user's code (the executor, or the
// controller itself with --in-process). The linker binds `atexit`,
// `__cxa_atexit` and their kin to the functions here (the list is in
// platform_support/replacements.py); everything else here is for the executor.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A variable of a library that a unit holds from now on (see patch.c).
struct forkrepl_move {
  uint64_t source;
  uint64_t destination;
  uint64_t size;
};

// A link unit: the code and data that one link made, which come and go as one.
// Addresses of this process; the arrays are copied.
struct forkrepl_unit {
  uint64_t dso_handle; // its identity: the address of its __dso_handle
  uint64_t text_start;
  uint64_t text_size;
  uint64_t eh_frame;   // 0, or the start of frames that end with a zero word
  uint64_t tls_module; // what its code gives to __tls_get_addr
  uint64_t tls_image;  // initial contents of its thread-local variables
  uint64_t tls_size;   // 0: it has none
  uint64_t tls_align;
  int64_t tls_offset; // from the thread pointer, if the module is the static one
  const struct forkrepl_move *moves;
  size_t move_count;
  const uint64_t *finalizers; // in the order in which they are to run
  size_t finalizer_count;
};

enum forkrepl_outcome_kind {
  FORKREPL_RETURNED = 0,
  FORKREPL_THREW = 1, // an exception left the code and was caught here
};

// The class of the C++ library's that an exception is derived from.
enum forkrepl_exception {
  FORKREPL_OTHER_EXCEPTION = 0, // none of them
  FORKREPL_STD_EXCEPTION = 1,   // std::exception, and none of the next
  FORKREPL_OUT_OF_RANGE = 2,
  FORKREPL_BAD_ALLOC = 3,
  FORKREPL_BAD_VALUE = 4, // invalid_argument, domain_error, length_error, range_error
  FORKREPL_OVERFLOW_ERROR = 5,
  FORKREPL_SYSTEM_ERROR = 6,
};

enum { FORKREPL_EXCEPTION_TYPE_SIZE = 512, FORKREPL_EXCEPTION_WHAT_SIZE = 4096 };

enum { FORKREPL_MOST_THROW_FRAMES = 32, FORKREPL_MOST_CAUSES = 3 };

// The calls that led to a throw, innermost first: where each returns to.
struct forkrepl_trace {
  uint32_t count;
  uint32_t is_complete; // there are no more
  uint64_t frames[FORKREPL_MOST_THROW_FRAMES];
};

// An exception that another one holds (std::nested_exception).
struct forkrepl_cause {
  char type[FORKREPL_EXCEPTION_TYPE_SIZE];
  char what[FORKREPL_EXCEPTION_WHAT_SIZE];
  struct forkrepl_trace trace;
};

// How long an expression's value stays.
enum forkrepl_keep {
  FORKREPL_NOT_KEPT = 0, // a temporary that cannot be kept
  FORKREPL_OBJECT = 1,   // an object of the program's: nobody's business
  FORKREPL_BYTES = 2,    // a copy of its bytes, until the next such value
  FORKREPL_HELD = 3,     // the object itself, until the next such value
  // The same of inputs with a number, which can be asked for by that: until there are
  // more such values than these.
  FORKREPL_NUMBERED_BYTES = 4,
  FORKREPL_NUMBERED_HELD = 5,
};

// runtime/units/kept_values.py counts in the same way.
enum {
  FORKREPL_MOST_BYTES_KEPT = 1 << 20, // in all; the newest is kept whatever its size
  FORKREPL_MOST_VALUES_KEPT = 100,
  FORKREPL_MOST_OBJECTS_KEPT = 8,
};

// The value of an expression: an object that is at `address` while it is looked at,
// and afterwards at `kept`, if `keep` says so.
struct forkrepl_value {
  uint64_t address;
  uint64_t size;
  uint64_t kept;
  enum forkrepl_keep keep;
};

struct forkrepl_outcome {
  uint32_t kind;
  int32_t status;            // what main returned; if it threw, enum forkrepl_exception
  uint64_t restored_signals; // a unit went with their handlers; bit 0: signal 1
  char exception_type[FORKREPL_EXCEPTION_TYPE_SIZE];
  char exception_what[FORKREPL_EXCEPTION_WHAT_SIZE];
  struct forkrepl_trace trace; // of the exception
  uint32_t cause_count;
  struct forkrepl_cause causes[FORKREPL_MOST_CAUSES]; // each the next one's outer
};

// Registers frames and remembers the unit. 0, or an errno value.
int forkrepl_unit_register(const struct forkrepl_unit *unit);

// Libraries call the unit's function from now on instead of the one of this name. 0, or
// an errno value.
int forkrepl_interpose(uint64_t dso_handle, const char *name, uint64_t address);

// For each pair (slot, resolver): calls the resolver of an indirect function and
// stores the address that it chooses (psABI, STT_GNU_IFUNC).
void forkrepl_choose_functions(const uint64_t *pairs, size_t count);

// Runs what the unit registered (newest first, also what is registered
// meanwhile), then its finalizers, then forgets it and its frames. The outcome
// says whether something threw (the rest is run all the same) and which signals
// have lost their handlers. 0, or ENOENT.
int forkrepl_unit_close(uint64_t dso_handle, struct forkrepl_outcome *outcome);

// From now on exit and quick_exit run what units have registered. `tell` (may be
// NULL) is called last, with the status.
void forkrepl_attend_exit(void (*tell)(int status));

// The same without the end of the process: the program has ended with `status`.
void forkrepl_end(int status);

// A library has been opened: what units register from now on runs, at exit, before
// the library's own handlers, and what they have registered before runs after.
void forkrepl_library_opened(void);

// Where the exception was thrown that the calling thread handles. 0: there is none, or it
// is not known.
int forkrepl_find_current_throw(struct forkrepl_trace *trace);

// Whether an assertion of the C++ library's that fails is part of a crash report; then
// nothing is printed. Without this, no.
void forkrepl_report_assertions(int (*are_reported)(void));

// Of the one that has failed, in lines: condition, function, file, line, and, where they
// are known, the two numbers that were compared. Empty: none has.
const char *forkrepl_failed_assertion(void);

// How signals get their default action again when a unit goes with their handlers;
// without this, SIG_DFL.
void forkrepl_set_signal_default(void (*restore)(int signal));

// Shows debuggers an object file with the addresses of its sections filled in; it
// is copied, and goes when its unit is closed or cannot be registered. 0, or ENOMEM:
// then debuggers know nothing of the unit.
int forkrepl_debugger_add(uint64_t dso_handle, const void *contents, size_t size);
void forkrepl_debugger_forget(uint64_t dso_handle);

// Shows debuggers other objects, instead of those that this has shown before: a memfd
// (runtime/debugging/debug_objects.py), which is the caller's to close; -1: none. Safe in
// handlers of signals. 0, or an errno value.
int forkrepl_debugger_show(int descriptor);

// Called when an input has run: who has one under a debugger has it stop here.
void forkrepl_debugged_input_ends(void);

// Appends lines to /tmp/perf-PID.map. 0, or an errno value; EEXIST: something that is
// not ours has that name.
int forkrepl_perf_map_append(const void *lines, size_t size);

// Calls functions of type void(void), in order, behind an exception barrier
// that also flushes standard output.
void forkrepl_run(const uint64_t *functions, size_t count,
                  struct forkrepl_outcome *outcome);

// Calls void function(unsigned char *argument) in the same way; of the outcome the texts are
// filled in only if it threw.
void forkrepl_call(uint64_t function, uint64_t argument,
                   struct forkrepl_outcome *outcome);

// What forkrepl_call_back is to do. NULL: nobody is there to be called.
void forkrepl_attend_call_backs(int (*call_back)(uint64_t number, uint64_t offset));

// `look` is called with the value of an expression without `;`, in the midst of the
// snippet, while all temporaries live. NULL: nobody looks.
void forkrepl_attend_values(void (*look)(const struct forkrepl_value *value));

// The same for `int main(int, char **, char **)`; sets argc and argv.
void forkrepl_run_main(uint64_t function, int argc, char **argv,
                       struct forkrepl_outcome *outcome);

// Runs a program as natively: initializers, then main (0: there is none), then exit with
// what it returns. Nothing catches what they throw. argc and argv are those that were set.
void forkrepl_run_program(const uint64_t *initializers, size_t count, uint64_t main)
    __attribute__((noreturn));

// Nanoseconds that the last forkrepl_run took: by the clock, and of the processors.
struct forkrepl_run_times {
  uint64_t wall;
  uint64_t user;
  uint64_t system;
};
extern struct forkrepl_run_times forkrepl_last_run;
void forkrepl_stopwatch_start(void);
void forkrepl_stopwatch_stop(void);

// In a copy of the program that is none of its successors: what handlers do to it is nobody's
// business.
void forkrepl_deadly_handlers_forget(void);

// For the code of %timeit (repl/commands/timing.py). `code` and `empty` do a number of
// loops and return how many they did; `loops` 0: as many as take a while.
struct forkrepl_measurement {
  uint64_t loops;
  uint64_t empty;   // ns of so many loops without the code
  uint64_t runs;    // fewer than were asked for: the code has left the loop
  uint64_t times[]; // ns of each run
};
void __forkrepl_measure(unsigned long (*code)(unsigned long),
                        unsigned long (*empty)(unsigned long), unsigned long loops,
                        unsigned long runs, struct forkrepl_measurement *result);

// Before an input runs: it can read again from a terminal, if that has been asked for (by
// the controller, if there is a prompt).
void forkrepl_let_read_again(void);
void forkrepl_read_again(void);

// Show what is printed line by line, from now on; and what there is of a line, at a crash.
void forkrepl_show_lines(void);
void forkrepl_show_rest(void);

// Whether that is to be shown at a crash all the same, for who reads what is printed.
void forkrepl_keep_rest(int wanted);

// Writes what the C and the C++ library have of standard output and error.
void forkrepl_flush_output(void);

// What scripts see as `argc` and `argv`.
extern int forkrepl_argc;
extern char **forkrepl_argv;

// For what is made of functions of Python's: calls number `number`, which finds its arguments
// at `offset` in the memory of calls and leaves its result there. 0; 1: it has raised an
// exception, so the caller throws; 2: nobody can be called from here, because no call of the
// controller's is on its way, or this is another thread, or a fork.
int forkrepl_call_back(uint64_t number, uint64_t offset);

// Bound to the names that the user's code uses.
int forkrepl_cxa_atexit(void (*function)(void *), void *argument, void *dso_handle);
int forkrepl_atexit(void (*function)(void));
int forkrepl_on_exit(void (*function)(int, void *), void *argument);
int forkrepl_at_quick_exit(void (*function)(void));
int forkrepl_cxa_at_quick_exit(void (*function)(void *), void *dso_handle);
void forkrepl_quick_exit(int status);
void forkrepl_cxa_finalize(void *dso_handle);
int forkrepl_register_atfork(void (*prepare)(void), void (*parent)(void),
                             void (*child)(void), void *dso_handle);
// Whether the next forks of this thread go without the units' handlers.
void forkrepl_fork_handlers_skip(int skip);
int forkrepl_pthread_atfork(void (*prepare)(void), void (*parent)(void),
                            void (*child)(void));
int forkrepl_key_create(unsigned *key, void (*destructor)(void *));
int forkrepl_key_delete(unsigned key);
int forkrepl_tss_create(unsigned *key, void (*destructor)(void *));
void forkrepl_tss_delete(unsigned key);
void forkrepl_note_operands(uint64_t left, uint64_t right);
void forkrepl_assertion_failed(const char *file, int line, const char *function,
                               const char *condition) __attribute__((noreturn));

// See sanitized_globals.c.
void forkrepl_register_globals(const void *globals, uint64_t count);
void forkrepl_unregister_globals(const void *globals, uint64_t count);
void forkrepl_register_elf_globals(uint64_t *done, const char *start, const char *end);
void forkrepl_unregister_elf_globals(uint64_t *done, const char *start,
                                     const char *end);

int forkrepl_thread_atexit(void (*function)(void *), void *object, void *dso_handle);
void *forkrepl_tls_get_addr(const uint64_t *module_and_offset);

// Room for thread-local variables at a fixed distance from the thread pointer:
// an initialised thread-local array of the program's, or a small one here.
void forkrepl_set_thread_area(void *area, size_t size);
void forkrepl_thread_area(int64_t *offset, uint64_t *size, uint64_t *align);

// dlopens a shared object that is in memory, for all libraries to bind to. NULL:
// dlerror says why. Closing returns 0, or EINVAL for another handle.
void *forkrepl_open_memory(const void *contents, size_t size);
int forkrepl_close_memory(void *handle);

// By dlsym(3) in the global scope; NAME@VERSION, which is what .symver makes of a
// reference, by dlvsym(3). For a thread-local symbol this thread's variable.
void *forkrepl_find_symbol(const char *name);

// What such a name stands for. Address 0: nothing.
void forkrepl_describe_symbol(const char *name, uint64_t *address, uint64_t *size,
                              uint64_t *is_variable);

// Where the process or a library has a thread-local variable, in the terms of
// forkrepl_tls_get_addr. Module 0: nowhere.
void forkrepl_find_thread_local(const char *name, uint64_t *module, uint64_t *offset);

#ifdef __cplusplus
}
#endif
