// What controller and executor say to each other. runtime/protocol/wire.py is the other
// half and tests/unit/protocol/test_wire_format.py holds the two together.
//
// Requests and replies are a frame head and a payload, little endian, one reply
// for each request, in order. Only EXITING, CRASHED, CRASH_DETAILS, ENDED and a
// checkpoint's first word come unasked. And RUN may be answered by VALUE at first: the
// program waits then, in the midst of the input, and the executor answers requests
// (none that run the program) until RESUME, whose answer is RUN's next.
//
// Calls can be asked for by words in memory that both have, without a frame: see
// wire_calls.
#pragma once

#include <stdint.h>

enum { WIRE_VERSION = 11 };

enum { WIRE_MAX_PAYLOAD = 64 << 20 };

struct wire_head {
  uint32_t size; // of the payload
  uint16_t operation;
  uint16_t error; // replies: 0 or an errno value, the payload then says more
};

enum wire_operation {
  WIRE_HELLO = 1,          // u32 version -> wire_hello
  WIRE_RESERVE = 2,        // u64 size, u64 low, u64 wire_sharing: whether a memfd
                           // comes along, perhaps u64 address: where it must be ->
                           // u64 address (low: in the first 2 GiB)
  WIRE_RELEASE = 3,        // u64 address, u64 size ->
  WIRE_PROTECT = 4,        // n * wire_range ->   (protection 0 also drops pages)
  WIRE_LOOKUP = 5,         // n * NUL-terminated name -> n * u64 (0: not found)
  WIRE_LOAD_LIBRARY = 6,   // NUL-terminated path ->
  WIRE_REGISTER = 7,       // wire_unit, wire_moves, finalizers ->
  WIRE_RUN = 8,            // n * u64 function -> wire_outcome
  WIRE_RUN_MAIN = 9,       // u64 function, n * NUL-terminated argument -> wire_outcome
  WIRE_CLOSE = 10,         // u64 dso handle -> wire_outcome
  WIRE_READ = 11,          // u64 address, u64 size -> bytes that could be read
  WIRE_SHUTDOWN = 12,      // i32 status -> (exits as by exit(status); EXITING follows)
  WIRE_SET_ARGUMENTS = 13, // n * NUL-terminated argument ->
  WIRE_EXITING = 14,       // unasked: i32 status, from exit() or quick_exit()
  WIRE_CHOOSE = 15,        // n * (u64 slot, u64 resolver) ->
  WIRE_WRITE = 17,         // u64 address, bytes ->
  WIRE_LOOKUP_THREAD_LOCAL = 16, // n * NUL-terminated name ->
                                 // n * (u64 module, u64 offset) (0: not found)
  WIRE_THREAD_AREA = 18,         // -> wire_thread_area
  WIRE_DESCRIBE = 19,            // n * NUL-terminated name ->
                                 // n * (u64 address, u64 size, u64 is a variable)
  WIRE_ENDED = 20, // unasked, the last: i32 status as of wait(2); a listener
                   // (runtime/listener_process/server.py) sends it for an executor
                   // that is gone, the executor itself never
  WIRE_OPEN_EXPORTS = 21,  // a shared object -> u64 handle
  WIRE_CLOSE_EXPORTS = 22, // u64 handle ->
  WIRE_CHECKPOINT = 23,    // a socket comes along ->; from the fork, on that socket
                           // and unasked: wire_checkpoint
  WIRE_TAKE_OVER = 24,     // to a checkpoint -> (it is the executor from now on)
  WIRE_CRASHED = 25,       // unasked: wire_crash; the end by this signal follows
  WIRE_CRASH_DETAILS = 26, // unasked, after CRASHED if all goes well:
                           // wire_crash_details, mappings, frames
  WIRE_VALUE = 27,         // to RUN: wire_value, the first bytes of the object
  WIRE_RESUME = 28,        // to a program that waits ->
  WIRE_NAME = 29,          // u64 address -> the name of what a library has there
  WIRE_PRINT = 32,         // u64 printer, u64 object, n * u64 function to run before ->
                           // wire_printed, text
  WIRE_ELEMENT = 33, // to PRINT, before its answer: wire_element, text. READ reads the
                     // printer's memory, until RESUME with u64 1: show more
  WIRE_DEBUG_OBJECT = 30, // u64 dso handle of a unit that REGISTER will name, an
                          // object file with addresses ->
  WIRE_PERF_MAP = 31,     // lines of text ->
  WIRE_INTERPOSE = 35,    // u64 dso handle, u64 n, n * u64 address, n * NUL-terminated
                          // name of what libraries are to call there ->
  WIRE_RUN_PROGRAM = 34,  // u64 main (0: there is none), n * u64 initializer ->
                          // (runs them, and exits with what main returns; EXITING
                          // follows)
  WIRE_TOGETHER = 36,     // frames: PROTECT, WRITE or REGISTER, and last any other,
                          // whose answer this has -> (or the refusal of the first that
                          // is refused; those after it are not carried out)
  WIRE_PATCH = 37,        // n * wire_patch ->
  WIRE_SHOW_OBJECTS = 38, // whether a memfd comes along, with what debuggers are to be
                          // shown ->
  WIRE_CALL = 39,         // u64 number, u64 address of wire_calls (0: there are none),
                          // u64 function, u64 argument -> wire_outcome as of RUN, or
                          // wire_call_back
  WIRE_REDIRECT = 48,     // u64 1 or 2: standard output or error becomes the descriptor
                          // that comes along, without one it is again what it was ->
};

// Requests to call void function(unsigned char *argument), and to go on from a call back
// (function 0; argument: what it returns), are numbered one after another. Each has one
// event: the end of the newest call, or that it calls back. While it does it can be asked
// for other things, and for calls within.
//
// The controller writes a request here, its number last. An executor that watches sees it,
// and tells of the event here, its number last. Whenever that takes long, or the executor
// does not watch (it waits for frames then), the controller sends the same request as a
// frame, which is answered as ever: by carrying out what has not been begun, and telling of
// the event of this number. So whoever waits does so on the socket, each frame has one
// answer, and it does not matter who has seen what when.
struct wire_calls {
  uint64_t number; // of the request
  uint64_t function;
  uint64_t argument;
  uint64_t unused[5]; // what one side writes is in a cache line of its own
  uint64_t answered;  // the number of the request that this is the event of
  uint64_t event;     // enum wire_event
  uint64_t callback;  // as in wire_call_back
  uint64_t offset;
  uint64_t watched; // whether the executor looks for requests here
};

enum wire_event {
  WIRE_RETURNED = 0,   // and there is nothing else to tell
  WIRE_HAS_MORE = 1,   // it has ended, and a frame tells how
  WIRE_CALLS_BACK = 2, // it waits for what the controller does
};

// forkrepl_call_back(number, offset)
struct wire_call_back {
  uint32_t kind; // WIRE_CALLS_BACK, which no wire_outcome begins with
  uint32_t unused;
  uint64_t number;
  uint64_t offset;
};

enum { WIRE_MAX_PATCH = 16 }; // bytes

// What is to be in the place of code. Its own protection stays as it is.
struct wire_patch {
  uint64_t address;
  uint64_t size;
  unsigned char bytes[16];
};

enum wire_sharing {
  WIRE_ANONYMOUS = 0,
  WIRE_PRIVATE = 1, // what the executor writes, it alone sees
  WIRE_SHARED = 2,  // all see it, checkpoints too: it never goes back
};

struct wire_hello {
  uint32_t version;
  uint32_t pid;
  uint64_t page_size;
  uint64_t machine; // e_machine of an ELF file
};

struct wire_thread_area {
  int64_t offset; // from the thread pointer
  uint64_t size;
  uint64_t align;
};

struct wire_range {
  uint64_t address;
  uint64_t size;
  uint64_t protection; // PROT_READ ...
};

struct wire_unit {
  uint64_t dso_handle;
  uint64_t text_start;
  uint64_t text_size;
  uint64_t eh_frame;
  uint64_t tls_module;
  uint64_t tls_image;
  uint64_t tls_size;
  uint64_t tls_align;
  int64_t tls_offset; // from the thread pointer, if tls_module is STATIC_MODULE
  uint64_t move_count;
};

struct wire_move {
  uint64_t source;
  uint64_t destination;
  uint64_t size;
};

struct wire_outcome {
  uint32_t kind;
  int32_t status; // what main returned; if kind says that it threw: which class of
                  // exceptions (enum forkrepl_exception)
  uint64_t restored_signals; // whose handlers went with a unit; bit 0: signal 1
  uint32_t exception_count;  // of the wire_exceptions that follow: each the next one's
  uint32_t unused;           // outer (std::nested_exception)
};

struct wire_exception {
  uint32_t type_length; // of the two strings that follow; then come wire_crash_frames
  uint32_t what_length; // of the calls that led to its throw, innermost first
  uint32_t frame_count;
  uint32_t is_complete; // there were no more
};

// An expression's value: struct forkrepl_value of the platform library.
struct wire_value {
  uint64_t address;
  uint64_t size;
  uint64_t kept;
  uint32_t keep;
  uint32_t length; // of its first bytes, which follow, as far as they can be read
};

enum { WIRE_MAX_VALUE = 4096 }; // of them

enum wire_ending {
  WIRE_PRINTED = 0,
  WIRE_PRINTER_THREW = 1, // the text says what
  WIRE_PRINTER_CRASHED = 2,
  WIRE_PRINTER_TOO_SLOW = 3,
  WIRE_PRINTER_ENDED = 4, // as by exit
  WIRE_PRINTED_TOO_MUCH = 5,
  WIRE_PRINTER_INTERRUPTED = 6, // by Ctrl-C
};

// Of a range that is printed.
struct wire_element {
  uint64_t address;
  uint64_t has_text; // its own printer has made the text
};

struct wire_printed {
  uint32_t ending;
  int32_t signal;
};

struct wire_checkpoint {
  uint32_t threads;  // of the program's that it has not, because a fork has only one
  uint32_t channels; // pipes and sockets that it had to let go of
};

// From the keeper (keeper.h), on a socket of its own, without a head.
struct wire_keeper_report {
  uint32_t pid;   // of a process that has ended
  int32_t status; // as of wait(2)
};

struct wire_crash {
  uint32_t signal;
  int32_t code;     // si_code
  uint64_t address; // si_addr, if the kernel found a fault
  uint64_t access;  // the error code of the page fault; SIGSYS: the system call
  uint64_t pc;
  uint64_t sp;
  uint32_t process;
  uint32_t thread; // of the crash; the main thread's is the process's
  uint32_t sender; // the process that sent the signal, if one did
  uint32_t unused;
};

struct wire_crash_details {
  uint64_t walked;           // how many frames there are, as far as was looked
  uint64_t instruction;      // the first bytes at the pc
  uint32_t is_complete;      // it was looked to the end
  uint32_t newest_count;     // after so many frames some may be left out
  uint32_t mapping_count;    // the one below the address, at it, above it
  uint32_t frame_count;      // innermost first
  uint32_t throw_count;      // then those of the throw of the exception that is handled
  uint32_t assertion_length; // of what forkrepl_failed_assertion says, which comes last
};

struct wire_crash_mapping {
  uint64_t start;
  uint64_t end;
  uint32_t protection;
  uint32_t name_length; // of the string that follows
};

struct wire_crash_frame {
  uint64_t pc;
  uint64_t base;           // where the library's file begins
  uint32_t is_return;      // pc is where a call returns to
  uint32_t library_length; // of the two strings that follow, empty for code that
  uint32_t symbol_length;  // is in no library
  uint32_t unused;
};
