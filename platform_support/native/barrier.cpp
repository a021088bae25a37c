// The exception barrier: the user's code is called from here and nowhere else,
// so that an exception ends the snippet and not the process. A program that was compiled
// as one is called without it.
#include "handlers.h"

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

void describe_current(forkrepl_outcome *outcome, const char *what,
                      forkrepl_exception class_of) {
  if (!outcome)
    std::terminate();
  if (outcome->kind == FORKREPL_THREW) // the first one tells most
    return;
  outcome->kind = FORKREPL_THREW;
  outcome->status = class_of;
  const std::type_info *type = abi::__cxa_current_exception_type();
  int status = 0;
  char *name =
      type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, &status) : nullptr;
  copy(outcome->exception_type, sizeof outcome->exception_type,
       name   ? name
       : type ? type->name()
              : "foreign exception");
  std::free(name);
  copy(outcome->exception_what, sizeof outcome->exception_what, what);
}

// What the user's program has written is on the screen before the prompt is.
void flush_output() {
  std::cout.flush();
  std::clog.flush();
  std::fflush(stdout);
  std::fflush(stderr);
}

template <class Callable> void guard(Callable call, forkrepl_outcome *outcome) {
  try {
    call();
  } catch (const std::exception &exception) {
    describe_current(outcome, exception.what(), class_of_current());
  } catch (int number) {
    describe_current(outcome, std::to_string(number).c_str(), FORKREPL_OTHER_EXCEPTION);
  } catch (const char *text) {
    describe_current(outcome, text ? text : "", FORKREPL_OTHER_EXCEPTION);
  } catch (const std::string &text) {
    describe_current(outcome, text.c_str(), FORKREPL_OTHER_EXCEPTION);
  } catch (abi::__forced_unwind &) {
    throw; // pthread_exit and pthread_cancel must not be stopped
  } catch (...) {
    describe_current(outcome, "", FORKREPL_OTHER_EXCEPTION);
  }
  // All code takes the direction flag to be clear (psABI, 3.2.1); the user's
  // assembly may have left it set.
  __asm__ volatile("cld");
}

} // namespace

void forkrepl_guarded_call(void (*function)(void *), void *argument,
                           forkrepl_outcome *outcome) {
  guard([&] { function(argument); }, outcome);
}

void forkrepl_run(const uint64_t *functions, size_t count, forkrepl_outcome *outcome) {
  std::memset(outcome, 0, sizeof *outcome);
  void *unit = count ? forkrepl_unit_of_address((const void *)functions[0]) : nullptr;
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
  flush_output();
}

void forkrepl_run_main(uint64_t function, int argc, char **argv,
                       forkrepl_outcome *outcome) {
  std::memset(outcome, 0, sizeof *outcome);
  forkrepl_argc = argc;
  forkrepl_argv = argv;
  using Main = int (*)(int, char **, char **);
  guard(
      [&] { outcome->status = reinterpret_cast<Main>(function)(argc, argv, environ); },
      outcome);
  flush_output();
}

// No handler anywhere on the stack: so an exception that nobody catches unwinds nothing
// and calls std::terminate. Initializers get the arguments of main, as from the C library.
void forkrepl_run_program(const uint64_t *initializers, size_t count, uint64_t main) {
  using Function = int (*)(int, char **, char **);
  auto call = [](uint64_t function) {
    return reinterpret_cast<Function>(function)(forkrepl_argc, forkrepl_argv, environ);
  };
  for (size_t i = 0; i < count; ++i)
    call(initializers[i]);
  std::exit(main ? call(main) : 0);
}
