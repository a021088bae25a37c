// The exception barrier: the user's code is called from here and nowhere else,
// so that an exception ends the snippet and not the process. A program that was compiled
// as one is called without it.
#include "deadly_handlers.h"
#include "handlers.h"
#include "machine.h"
#include "thrown.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>
#include <unistd.h>

int forkrepl_argc;
char **forkrepl_argv;

namespace {

void copy(char *into, size_t size, const char *text) {
  std::strncpy(into, text, size - 1);
  into[size - 1] = '\0';
}

// By the handlers' rules, not by dynamic_cast: with -fno-rtti an object does not know its
// class, and what is thrown does.
forkrepl_exception class_of_current() {
  try {
    throw;
  } catch (const std::out_of_range &) {
    return FORKREPL_OUT_OF_RANGE;
  } catch (const std::bad_alloc &) {
    return FORKREPL_BAD_ALLOC;
  } catch (const std::invalid_argument &) {
    return FORKREPL_BAD_VALUE;
  } catch (const std::domain_error &) {
    return FORKREPL_BAD_VALUE;
  } catch (const std::length_error &) {
    return FORKREPL_BAD_VALUE;
  } catch (const std::range_error &) {
    return FORKREPL_BAD_VALUE;
  } catch (const std::overflow_error &) {
    return FORKREPL_OVERFLOW_ERROR;
  } catch (const std::system_error &) {
    return FORKREPL_SYSTEM_ERROR;
  } catch (...) {
    return FORKREPL_STD_EXCEPTION;
  }
}

// The C++ library's exception_ptr is that pointer; through rethrows it stays the same.
const void *address_of(const std::exception_ptr &exception) {
  const void *address;
  static_assert(sizeof address == sizeof exception);
  std::memcpy(&address, &exception, sizeof address);
  return address;
}

void describe_type(char *into, size_t size) {
  const std::type_info *type = abi::__cxa_current_exception_type();
  int status = 0;
  char *name =
      type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, &status) : nullptr;
  copy(into, size, name ? name : type ? type->name() : "foreign exception");
  std::free(name);
}

// Calls `told` with what the current exception says of itself, and its class.
template <class Told> void with_text_of_current(Told told) {
  try {
    throw;
  } catch (const std::exception &exception) {
    told(exception.what(), class_of_current());
  } catch (int number) {
    told(std::to_string(number).c_str(), FORKREPL_OTHER_EXCEPTION);
  } catch (const char *text) {
    told(text ? text : "", FORKREPL_OTHER_EXCEPTION);
  } catch (const std::string &text) {
    told(text.c_str(), FORKREPL_OTHER_EXCEPTION);
  } catch (...) {
    told("", FORKREPL_OTHER_EXCEPTION);
  }
}

// What the current exception holds, by the handlers' rules; null if it holds none.
std::exception_ptr nested_in_current() {
  try {
    throw;
  } catch (const std::nested_exception &exception) {
    return exception.nested_ptr();
  } catch (...) {
    return nullptr;
  }
}

void describe_causes(forkrepl_outcome *outcome) {
  std::exception_ptr nested = nested_in_current();
  outcome->cause_count = 0;
  while (nested && outcome->cause_count < FORKREPL_MOST_CAUSES) {
    forkrepl_cause &cause = outcome->causes[outcome->cause_count++];
    forkrepl_find_throw(address_of(nested), &cause.trace);
    try {
      std::rethrow_exception(nested);
    } catch (...) {
      describe_type(cause.type, sizeof cause.type);
      with_text_of_current([&](const char *what, forkrepl_exception) {
        copy(cause.what, sizeof cause.what, what);
      });
      nested = nested_in_current();
    }
  }
}

void describe_current(forkrepl_outcome *outcome) {
  if (!outcome)
    std::terminate();
  if (outcome->kind == FORKREPL_THREW) // the first one tells most
    return;
  outcome->kind = FORKREPL_THREW;
  describe_type(outcome->exception_type, sizeof outcome->exception_type);
  copy(outcome->exception_what, sizeof outcome->exception_what, "");
  outcome->status = FORKREPL_OTHER_EXCEPTION;
  outcome->trace.count = outcome->cause_count = 0;
  if (!abi::__cxa_current_exception_type()) // not of C++: it cannot be thrown on
    return;
  with_text_of_current([&](const char *what, forkrepl_exception class_of) {
    outcome->status = class_of;
    copy(outcome->exception_what, sizeof outcome->exception_what, what);
  });
  forkrepl_find_current_throw(&outcome->trace);
  describe_causes(outcome);
}

template <class Callable> void guard(Callable call, forkrepl_outcome *outcome) {
  try {
    call();
  } catch (abi::__forced_unwind &) {
    throw; // pthread_exit and pthread_cancel must not be stopped
  } catch (...) {
    describe_current(outcome);
  }
  machine_return_to_order();
}

} // namespace

// What the user's program has written is on the screen before the prompt is. Streams that the
// program has told to may throw, and nobody is to hear of it.
void forkrepl_flush_output(void) {
  try {
    std::cout.flush();
    std::clog.flush();
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (...) {
  }
  std::fflush(stdout);
  std::fflush(stderr);
}

int forkrepl_find_current_throw(forkrepl_trace *trace) {
  return forkrepl_find_throw(address_of(std::current_exception()), trace);
}

void forkrepl_guarded_call(void (*function)(void *), void *argument,
                           forkrepl_outcome *outcome) {
  guard([&] { function(argument); }, outcome);
}

void forkrepl_run(const uint64_t *functions, size_t count, forkrepl_outcome *outcome) {
  std::memset(outcome, 0, offsetof(forkrepl_outcome, causes));
  void *unit = count ? forkrepl_unit_of_address((const void *)functions[0]) : nullptr;
  forkrepl_deadly_handlers_note();
  forkrepl_values_begin(unit, outcome);
  forkrepl_stopwatch_start();
  guard(
      [&] {
        for (size_t i = 0; i < count; ++i)
          reinterpret_cast<void (*)()>(functions[i])();
      },
      outcome);
  forkrepl_stopwatch_stop();
  forkrepl_values_end();
  forkrepl_flush_output();
}

void forkrepl_call(uint64_t function, uint64_t argument, forkrepl_outcome *outcome) {
  // Not all of it: that would take as long as the rest.
  outcome->kind = FORKREPL_RETURNED;
  outcome->status = 0;
  outcome->restored_signals = 0;
  outcome->trace.count = outcome->cause_count = 0;
  forkrepl_deadly_handlers_note();
  guard([&] { reinterpret_cast<void (*)(uint64_t)>(function)(argument); }, outcome);
  forkrepl_flush_output();
}

void forkrepl_run_main(uint64_t function, int argc, char **argv,
                       forkrepl_outcome *outcome) {
  std::memset(outcome, 0, offsetof(forkrepl_outcome, causes));
  forkrepl_deadly_handlers_note();
  forkrepl_argc = argc;
  forkrepl_argv = argv;
  using Main = int (*)(int, char **, char **);
  guard(
      [&] { outcome->status = reinterpret_cast<Main>(function)(argc, argv, environ); },
      outcome);
  forkrepl_flush_output();
}

// No handler anywhere on the stack: so an exception that nobody catches unwinds nothing
// and calls std::terminate. Initializers get the arguments of main, as from the C library.
void forkrepl_run_program(const uint64_t *initializers, size_t count, uint64_t main) {
  using Function = int (*)(int, char **, char **);
  auto call = [](uint64_t function) {
    return reinterpret_cast<Function>(function)(forkrepl_argc, forkrepl_argv, environ);
  };
  errno = 0; // as natively (C11, 7.5)
  for (size_t i = 0; i < count; ++i)
    call(initializers[i]);
  std::exit(main ? call(main) : 0);
}
