// Standard output and error, which for a time are what the controller has in their place.
#pragma once

#include <stdint.h>

// `number`: 1 or 2; `descriptor`: what is to be there, or -1 for what was there before. What has
// been printed by now goes where it would have gone. Returns 0 or an errno value.
int streams_redirect(uint64_t number, int descriptor);

// Where it is kept what a stream was; -1 if it is that now.
int streams_kept(int number);
