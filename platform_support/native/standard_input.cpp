// After Ctrl-D at a terminal has ended what an input of the prompt reads, the next input can
// read again: std::cin and stdin would say for good that they are at the end.
#include "forkrepl_platform.h"

#include <cstdio>
#include <istream>
#include <unistd.h>

namespace std {
extern istream cin; // <iostream> would initialise it, which takes time
extern wistream wcin;
} // namespace std

static bool reads_again;

void forkrepl_let_read_again(void) { reads_again = true; }

// Before somebody includes <iostream> the streams may be zeros.
template <typename Stream> static void read_again(Stream &stream) {
  if (*reinterpret_cast<void *const *>(&stream) && stream.eof())
    stream.clear();
}

void forkrepl_read_again(void) {
  if (!reads_again || !isatty(STDIN_FILENO))
    return;
  // Not locked: a thread may be waiting in there.
  if (feof_unlocked(stdin))
    clearerr_unlocked(stdin);
  try {
    read_again(std::cin);
    read_again(std::wcin);
  } catch (...) { // the user has taken the buffer away, and wants to be told of that
  }
}
