"""A value is printed while the program waits, with all temporaries of its expression alive."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.listener import KINDS, running_listener
from tests.support.program import Run, piped, values

TRACED = """\
#include <cstdio>
#include <string>
struct Traced {
  std::string text;
  explicit Traced(const char *t) : text(t) { printf("+%s ", t); }
  Traced(const Traced &other) : text(other.text) { printf("copy "); }
  ~Traced() { text = "destroyed"; printf("- "); }
};
"""


def test_temporaries_live_while_the_value_is_printed(forkrepl: Run) -> None:
    long_text = "a text that is far too long for the small string optimisation"
    output, errors = piped(
        forkrepl,
        TRACED,
        f'std::string("{long_text}").c_str()',
        'Traced("one").text.c_str()',
        'Traced("two").text.size()',
        'errno = 7; Traced("three").text.c_str()',
        "errno",
        "throw 5, 1",
        '(Traced("four"), throw 6, 1)',
        "6 * 7",
    )
    assert f'(const char *) "{long_text}"\n' in output
    assert '+one - (const char *) "one"\n' in output
    assert "+two - (std::size_t) 3\n" in output
    assert "copy" not in output
    assert errors.count("uncaught exception of type int") == 2
    assert output.endswith("(int) 42\n")


def test_a_fork_in_the_expression_says_nothing(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <unistd.h>\n#include <sys/wait.h>",
        "fork() >= 0",
        "wait(nullptr) > 0",
        "fork() ? 0 : (_exit(3), 0)",
        "int status; wait(&status); WEXITSTATUS(status)",
    )
    assert (values(output), errors) == (["true", "true", "0", "3"], "")


def test_what_cannot_be_read_is_said(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <sys/mman.h>",
        "char *memory = (char *)mmap(nullptr, 12288, PROT_READ | PROT_WRITE, "
        "MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
        "munmap(memory + 4096, 4096)",
        "typedef int Numbers[3000];",
        "*(Numbers *)(memory + 4096 - 40)",
        "_[0]",
        "*(volatile int *)64",
        "7",
    )
    shown = values(output)
    assert shown[0] == "0"
    assert shown[1].startswith("<cannot read memory at 0x")
    assert shown[2:] == ["0", "7"]
    assert "SIGSEGV: read from address 0x40" in errors


def test_in_c(forkrepl: Run) -> None:
    code = """\
struct pair { int a[2]; } make(int n) { struct pair p = {{n, n + 1}}; return p; }
make(3).a
(int[]){1, 2}
(struct pair){{5, 6}}.a[1]
"""
    result = forkrepl("-x", "c", input=code)
    assert (values(result.stdout), result.stderr) == (["{ 3, 4 }", "{ 1, 2 }", "6"], "")


@pytest.mark.parametrize("kind", KINDS)
def test_over_a_connection(
    forkrepl: Run, environment: dict[str, str], tmp_path: Path, kind: str
) -> None:
    code = """\
#include <string>
std::string("abc").c_str()
std::string("kept")
_.c_str()
_ ? 1 : 0
"""
    with running_listener(tmp_path, environment, kind) as listener:
        connect = ("--connect", listener.address)
        result = forkrepl(*connect, input=code, FORKREPL_TOKEN=listener.token)
    assert result.stderr == ""
    assert '(const char *) "abc"\n' in result.stdout
    assert '(const char *) "kept"\n(int) 1\n' in result.stdout
