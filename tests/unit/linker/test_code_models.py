"""Objects that were not compiled for a shared library: they run as a program's would.

Such code takes addresses of functions and variables of libraries directly, and has the
places of thread-local variables in its instructions.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.amount import ALL
from tests.support.program import Run
from tests.support.runtime import COMPILERS, compile_source

FIRST = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Thread_local int initialised = 41;
_Thread_local long zero;
extern _Thread_local int elsewhere;
_Thread_local char aligned[3] __attribute__((aligned(32)));
int (*pointer)(const char *, const char *) = strcmp;
extern int nowhere(void) __attribute__((weak));

static int compare(const void *a, const void *b) { return *(int *)a - *(int *)b; }

static void *in_thread(void *unused) {
  printf("thread: %d %ld %d %d\n", ++initialised, ++zero, ++elsewhere,
         (int)((unsigned long)aligned % 32));
  return NULL;
}

int main(int argc, char **argv) {
  int numbers[] = {3, 1, 2};
  qsort(numbers, 3, sizeof *numbers, compare);
  printf("%d%d%d\n", numbers[0], numbers[1], numbers[2]);
  printf("%d %ld %d %d\n", ++initialised, ++zero, ++elsewhere, aligned[2]);
  pthread_t thread;
  pthread_create(&thread, NULL, in_thread, NULL);
  pthread_join(thread, NULL);
  printf("same function: %d\n", pointer == strcmp && !pointer("a", "a"));
  printf("weak: %d\n", nowhere != NULL);
  setenv("FORKREPL_TEST", "1", 1);  /* the library may move what environ points to */
  int found = 0;
  for (char **entry = environ; *entry; ++entry)
    found += !strcmp(*entry, "FORKREPL_TEST=1");
  printf("environ: %d, same: %d\n", found, environ == __environ);
  char *words[] = {"x", "-q", "-z", NULL};
  opterr = 0;
  int first = getopt(3, words, "q"), second = getopt(3, words, "q");
  printf("getopt: %c %c, optind %d, optopt %c\n", first, second, optind, optopt);
  fprintf(stderr, "to stderr\n");
  FILE *saved = stdout;
  stdout = stderr;  /* the program's and the library's are one variable */
  puts("puts follows");
  stdout = saved;
  errno = 0;
  close(-1);
  printf("errno: %d\n", errno == EBADF);
  return argc + 6;
}
"""

SECOND = "_Thread_local int elsewhere = 99;"

MODELS = (
    "-fno-pic",
    "-fno-pic -O2",
    "-fno-pic -O2 -fno-plt",
    "-fno-pic -mcmodel=large",
    "-fno-pic -mcmodel=medium",
    "-fPIE",
    "-fPIE -O2",
    "-fPIC",
    "-fPIC -O3",
    "-fPIC -mcmodel=large",
    "-fPIC -mtls-dialect=gnu2",
    "-fPIE -O2 -mtls-dialect=gnu2",
    "-fPIC -ftls-model=initial-exec",
    "-fPIC -ftls-model=local-exec",
    "-fPIC -ffunction-sections -fdata-sections -g -gz",
    "-fno-pic -fcommon -fvisibility=hidden",
    "-fPIC -fvisibility=protected",
)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, str]:
    """Exit status and output of the program that the system linker makes."""
    folder = tmp_path_factory.mktemp("native")
    for name, source in (("first", FIRST), ("second", SECOND)):
        (folder / f"{name}.o").write_bytes(compile_source(source, "-fPIE"))
    program = folder / "program"
    objects = [str(folder / "first.o"), str(folder / "second.o")]
    subprocess.run(["gcc", *objects, "-o", str(program)], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


MEMORIES = ("shared", "stream", "in-process")
# The code does not depend on how it gets there: each model of a compiler in one kind of memory.
CASES = [
    (compiler, model, memory)
    for turn, compiler in enumerate(COMPILERS)
    for number, model in enumerate(MODELS, turn)
    for kind, memory in enumerate(MEMORIES)
    if ALL or kind == number % len(MEMORIES)
]


@pytest.mark.parametrize(("compiler", "model", "memory"), CASES)
def test_as_the_system_linkers_program(
    expected: tuple[int, str, str],
    tmp_path: Path,
    forkrepl: Run,
    compiler: str,
    model: str,
    memory: str,
) -> None:
    for name, source in (("first", FIRST), ("second", SECOND)):
        data = compile_source(source, *model.split(), compiler=compiler)
        (tmp_path / f"{name}.o").write_bytes(data)
    done = forkrepl("link", f"--memory={memory}", tmp_path / "first.o", tmp_path / "second.o")
    assert (done.returncode, done.stdout, done.stderr) == expected
