"""How the keeper reads the list of its children, however long that is.

``keeper.c`` is compiled with functions of ours in the place of those that touch processes.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.runtime import ROOT

FIRST = 1_000_000  # numbers of 7 digits do not end where a power of two does

SOURCE = """
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
static FILE *open_list(const char *path, const char *mode);
static int tell(const char *path, struct stat *into);
static int note(pid_t pid, int number) { return printf("%d\\n", (int)pid), number; }
#define fopen open_list
#define stat(path, into) tell(path, into)
#define kill note
#include "keeper.c"
#undef fopen
#undef stat

static char list[8 << 20];

static FILE *open_list(const char *path, const char *mode) {
  size_t size = 0;
  for (int i = 0; i < COUNT; ++i)
    size += (size_t)sprintf(list + size, "%d ", FIRST + i);
  return size ? fmemopen(list, size, "r") : fopen("/dev/null", "r");
}

// All run the same program.
static int tell(const char *path, struct stat *into) {
  *into = (struct stat){0};
  return 0;
}

int main(void) {
  (void)keep;
  end_forks();
}
"""


@pytest.mark.parametrize("count", [0, 1, 20_000])
def test_all_children_are_ended_and_nobody_else(count: int, tmp_path: Path) -> None:
    source = tmp_path / "list.c"
    source.write_text(f"#define COUNT {count}\n#define FIRST {FIRST}\n{SOURCE}")
    runtime = ROOT / "runtime"
    folders = [f"-I{runtime / name}" for name in ("executor_process", "protocol")]
    program = tmp_path / "list"
    subprocess.run(
        ["gcc", "-w", "-D_GNU_SOURCE", *folders, str(source), "-o", str(program)],
        check=True,
    )
    done = subprocess.run([str(program)], capture_output=True, text=True, check=True)
    assert [int(line) for line in done.stdout.split()] == list(range(FIRST, FIRST + count))
