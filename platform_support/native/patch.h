#pragma once

#include "forkrepl_platform.h"

// Writes where the dynamic linker may have made memory read-only, and makes it so
// again. 0, or an errno value.
int forkrepl_patch(void *at, const void *from, size_t size);

// Copies variables of libraries to where a unit has room for them, and points the
// libraries there. 0, or an errno value.
int forkrepl_variables_move(const struct forkrepl_move *moves, size_t count);

// The reverse, with the values that they have now.
void forkrepl_variables_return(const struct forkrepl_move *moves, size_t count);
