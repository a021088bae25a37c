// Checkpoints: sleeping copies of this process, each with a connection of its own.
#pragma once

#include "wire.h"

// Makes a copy that talks to the controller through `descriptor`. Returns 0 here and
// 1 in the copy, or a negative errno value. `about` is filled in in both.
int checkpoint_fork(int descriptor, struct wire_checkpoint *about);

// A copy of the process that the program does not notice, and nothing else: it talks to
// nobody. Returns as checkpoint_fork.
int checkpoint_copy(void);

// In the copy: it is the executor from now on.
void checkpoint_take_over(void);
