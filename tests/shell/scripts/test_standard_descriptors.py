"""Standard descriptors that are closed, full, or have another charset than the text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.program import PROGRAM, Run, user_environment

WHAT_THEY_ARE = """
#include <cstdio>
#include <unistd.h>
#include <fcntl.h>
void show() {
  FILE *log = fopen("log", "w");
  for (int each = 0; each <= 2; ++each) {
    char link[64], name[99] = "closed";
    snprintf(link, sizeof link, "/proc/self/fd/%d", each);
    if (readlink(link, name, sizeof name - 1) < 0) name[0] = 0;
    fprintf(log, "%s ", name[0] == 'p' ? "pipe" : name);
  }
  fclose(log);
}
show();
"""


def redirected(redirection: str) -> list[str]:
    return ["sh", "-c", f'exec "$@" {redirection}', "sh"]


@pytest.mark.parametrize(
    ("redirection", "descriptors"),
    [
        ("<&-", "/dev/null pipe pipe"),
        (">&-", "/dev/null /dev/null pipe"),
        ("2>&-", "/dev/null pipe /dev/null"),
        ("<&- >&- 2>&-", "/dev/null /dev/null /dev/null"),
    ],
)
def test_a_closed_descriptor_is_dev_null(
    forkrepl: Run, tmp_path: Path, redirection: str, descriptors: str
) -> None:
    (tmp_path / "inputs.cpp").write_text(f"{WHAT_THEY_ARE}\nint x = 6;\nx * 7\n")
    result = forkrepl("inputs.cpp", wrapper=redirected(redirection))
    assert (tmp_path / "log").read_text().split() == descriptors.split()
    shown = "(int) 42\n" if descriptors.split()[1] == "pipe" else ""
    assert (result.returncode, result.stdout, result.stderr) == (0, shown, "")


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", [(), ("-i",), ("--version",), ("link", "--help")])
def test_each_way_to_start(forkrepl: Run, arguments: tuple[str, ...], redirection: str) -> None:
    result = forkrepl(*arguments, wrapper=redirected(redirection))
    assert (result.returncode, result.stderr) == (0, "")


def test_a_session_of_a_process_without_them(tmp_path: Path) -> None:
    script = f"""
import os, sys
for each in range(3): os.close(each)
import repl
with repl.Session() as session:
    session.run({WHAT_THEY_ARE!r})
    assert session.value("6 * 7") == 42
"""
    environment = user_environment(tmp_path)
    done = subprocess.run(
        [PROGRAM.parent / "python", "-c", script], cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0
    assert set((tmp_path / "log").read_text().split()) == {"/dev/null"}


@pytest.mark.parametrize(
    ("charset", "shown"),
    [
        ("ascii", r'(const char[6]) "\xe9\u20ac"'),
        ("iso8859-1", r'(const char[6]) "?\u20ac"'),
        ("utf-8", '(const char[6]) "é€"'),
    ],
)
def test_what_a_charset_lacks_is_escaped(forkrepl: Run, charset: str, shown: str) -> None:
    result = forkrepl("-c", '"é€"\nthrow "€";', PYTHONIOENCODING=charset)
    assert result.stdout.replace("\N{REPLACEMENT CHARACTER}", "?") == shown + "\n"
    assert result.returncode == 1
    assert result.stderr.startswith("uncaught exception of type char const*: ")


@pytest.mark.parametrize("arguments", [("-c", "6 * 7"), ("--help",), ("--version",), ()])
def test_a_full_standard_output(forkrepl: Run, arguments: tuple[str, ...]) -> None:
    result = forkrepl(*arguments, input="6 * 7\n", wrapper=redirected("> /dev/full"))
    assert result.returncode == 1
    assert result.stderr == (
        "forkrepl: error: cannot write to standard output: No space left on device\n"
    )
