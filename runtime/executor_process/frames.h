// Frames of a stack as the controller is told of them: with the library that each is in,
// and the nearest name there.
#pragma once

#include <stddef.h>
#include <stdint.h>

// struct wire_crash_frame and its strings. Returns how many bytes: 0 if there is no room.
// No malloc, as this may be in the handler of a crash.
size_t frame_describe(uint64_t pc, uint32_t is_return, char *to, size_t room);
