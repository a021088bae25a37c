// What this library knows of the processor: each has a file for it.
//
//   machine_return_to_order    what code may not leave behind for its caller, but does
//   machine_is_reference       whether a dynamic relocation type is the address of a
//                              symbol, in a variable or in the GOT
//   machine_is_call            the same of functions, in the GOT of the PLT
#pragma once

#include <stdint.h>

#if defined(__x86_64__)
#include "machine_x86_64.h"
#elif defined(__aarch64__)
#include "machine_aarch64.h"
#else
#error "forkrepl does not run on this processor"
#endif
