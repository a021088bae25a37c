// x86-64: see machine.h.
#define _GNU_SOURCE
#include "machine.h"
#include "memory.h"

#include <elf.h>
#include <sys/mman.h>

const uint16_t machine_number = EM_X86_64;
const int machine_low_memory_flag = MAP_32BIT;

long machine_system_call(long number, long a, long b, long c, long d) {
  register long r10 __asm__("r10") = d;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
}

struct machine_place machine_place(const ucontext_t *context) {
  const greg_t *registers = context->uc_mcontext.gregs;
  return (struct machine_place){(uint64_t)registers[REG_RIP],
                                (uint64_t)registers[REG_RSP]};
}

void machine_set_place(ucontext_t *context, struct machine_place place) {
  greg_t *registers = context->uc_mcontext.gregs;
  registers[REG_RIP] = (greg_t)place.pc;
  registers[REG_RSP] = (greg_t)place.sp;
}

uint64_t machine_access(const ucontext_t *context) {
  return (uint64_t)context->uc_mcontext.gregs[REG_ERR];
}

int machine_return(const ucontext_t *context, struct machine_place *caller) {
  struct machine_place place = machine_place(context);
  caller->sp = place.sp + sizeof caller->pc;
  return memory_read(place.sp, &caller->pc, sizeof caller->pc) == sizeof caller->pc;
}

void machine_pause(void) { __builtin_ia32_pause(); }

// The processor sees to it (SDM volume 3, "Self-Modifying Code").
void machine_code_has_changed(void *start, size_t size) {}
