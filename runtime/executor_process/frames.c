#define _GNU_SOURCE
#include "frames.h"
#include "wire.h"

#include <dlfcn.h>
#include <string.h>

enum { LONGEST_NAME = 511 }; // bytes

static uint32_t name_length(const char *name) {
  return name ? (uint32_t)strnlen(name, LONGEST_NAME) : 0;
}

size_t frame_describe(uint64_t pc, uint32_t is_return, char *to, size_t room) {
  Dl_info found;
  struct wire_crash_frame wire = {.pc = pc, .is_return = is_return};
  memset(&found, 0, sizeof found);
  if (dladdr((const void *)(pc - is_return), &found)) {
    wire.base = (uint64_t)found.dli_fbase;
    wire.library_length = name_length(found.dli_fname);
    wire.symbol_length = name_length(found.dli_sname);
  }
  if (sizeof wire + wire.library_length + wire.symbol_length > room)
    return 0;
  to = mempcpy(to, &wire, sizeof wire);
  to = mempcpy(to, found.dli_fname, wire.library_length);
  mempcpy(to, found.dli_sname, wire.symbol_length);
  return sizeof wire + wire.library_length + wire.symbol_length;
}
