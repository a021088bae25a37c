// Assertions of the C++ library's that fail (_GLIBCXX_ASSERTIONS): a crash report says
// what was wrong, with the numbers that were compared.
#include "forkrepl_platform.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_TEXT = 4096 };

static int (*is_reported)(void);
static char failed[MOST_TEXT];

static _Thread_local struct {
  int are_noted;
  uint64_t left;
  uint64_t right;
} operands;

// std::__glibcxx_assert_fail, of libstdc++ 12 and newer.
extern void _ZSt21__glibcxx_assert_failPKciS0_S0_(const char *, int, const char *,
                                                  const char *) __attribute__((weak));

void forkrepl_report_assertions(int (*are_reported)(void)) {
  is_reported = are_reported;
}

const char *forkrepl_failed_assertion(void) { return failed; }

void forkrepl_note_operands(uint64_t left, uint64_t right) {
  operands.are_noted = 1;
  operands.left = left;
  operands.right = right;
}

void forkrepl_assertion_failed(const char *file, int line, const char *function,
                               const char *condition) {
  if (!is_reported || !is_reported()) {
    if (_ZSt21__glibcxx_assert_failPKciS0_S0_)
      _ZSt21__glibcxx_assert_failPKciS0_S0_(file, line, function, condition);
    abort();
  }
  int size = snprintf(failed, sizeof failed, "%s\n%s\n%s\n%d", condition, function,
                      file, line);
  if (operands.are_noted && size < MOST_TEXT)
    snprintf(failed + size, (size_t)(MOST_TEXT - size), "\n%" PRIu64 "\n%" PRIu64,
             operands.left, operands.right);
  abort();
}
