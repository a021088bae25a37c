// Where exceptions were thrown (internal interface).
#pragma once

#include "forkrepl_platform.h"

#ifdef __cplusplus
extern "C" {
#endif

// The calls that led to the throw of an exception, which is at this address. 0: that is
// not known (any more).
int forkrepl_find_throw(const void *exception, struct forkrepl_trace *trace);

#ifdef __cplusplus
}
#endif
