// For who watches what the program prints by a pipe, as a notebook does: a line is there when it is
// complete, and at a crash the beginning of one is.
#include "forkrepl_platform.h"

#include <stdio.h>
#include <unistd.h>

static int shows_lines, keeps_rest;

void forkrepl_show_lines(void) {
  shows_lines = 1;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

void forkrepl_keep_rest(int wanted) { keeps_rest = wanted; }

void forkrepl_show_rest(void) {
  if (!shows_lines && !keeps_rest)
    return;
  // In a handler: nothing is locked, and a wrong address is write(2)'s affair.
  const char *begin = stdout->_IO_write_base;
  long size = stdout->_IO_write_ptr - begin;
  if (size > 0 && write(STDOUT_FILENO, begin, (size_t)size) == size)
    stdout->_IO_write_ptr = stdout->_IO_write_base;
}
