"""``--sanitize``, ``-fsanitize=`` and the setting: what can be asked for, and what cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.configuration import configure
from tests.support.program import OpenShell, Run

OVERFLOW = (
    "AddressSanitizer: heap-buffer-overflow: write of 4 bytes, right after a block of 4 bytes"
)
ENVIRONMENT = """
#include <cstdlib>
std::system("echo $LD_PRELOAD/$ASAN_OPTIONS/$(env | grep -c FORKREPL_)");
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sanitize=adress"], "'adress' is no sanitizer"),
        (["--sanitize=adress"], "; did you mean address?"),
        (["--sanitize="], "'' is no sanitizer"),
        (["-fsanitize=memory"], "-fsanitize=memory cannot work here"),
        (["-fsanitize=cfi"], "-fsanitize=cfi cannot work here"),
        (["-fsanitize=address,thread"], "not allowed with"),
        (["--sanitize=leak", "-resource-dir=/nowhere"], "apt-get install libclang-rt-22-dev"),
        (["--sanitize=leak", "--connect=unix:/nowhere"], "not with --connect"),
    ],
)
def test_what_cannot_be(forkrepl: Run, options: list[str], said: str) -> None:
    result = forkrepl(*options, input="1\n", FORKREPL_TOKEN="0" * 32)
    assert result.returncode in (1, 2)
    assert said in result.stderr
    assert result.stdout == ""


def test_the_environment_is_the_users(forkrepl: Run) -> None:
    result = forkrepl(
        "--no-cache", "--sanitize=address", input=ENVIRONMENT, ASAN_OPTIONS="verbosity=0"
    )
    assert result.stdout == "/verbosity=0/0\n", result.stderr


def test_options_of_the_users_count(forkrepl: Run) -> None:
    result = forkrepl(
        "--no-cache",
        "--sanitize=address",
        input="#include <cstdlib>\nint *p = (int *)std::malloc(4);\ndelete p;\n1\n",
        ASAN_OPTIONS="alloc_dealloc_mismatch=0",
    )
    assert (result.stdout, result.stderr) == ("(int) 1\n", "")


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_a_file(forkrepl: Run, tmp_path: Path, level: str) -> None:
    program = "#include <cstdlib>\nint main() { int *volatile p = (int *)malloc(4); p[1] = 2; }\n"
    (tmp_path / "wrong.cpp").write_text(program)
    for _ in range(2):  # the second time it is in the cache
        result = forkrepl("--sanitize=address", level, "wrong.cpp")
        assert result.returncode == 134
        assert OVERFLOW in result.stderr
        assert "at wrong.cpp:2:" in result.stderr


def test_code_that_is_optimised(forkrepl: Run) -> None:
    inputs = "int *p = new int;\np[1] = 2;\n%opt 0\np[1] = 3;\n"
    result = forkrepl("--no-cache", "--sanitize=address", "-O2", input=inputs)
    assert result.stderr.count(OVERFLOW) == 2


def test_linked_files(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int read_third(void);\nint main() { return read_third(); }\n")
    (tmp_path / "third.c").write_text("int a[2], n = 2;\nint read_third(void) { return a[n]; }\n")
    result = forkrepl("link", "--sanitize=address", "main.c", "third.c")
    assert result.returncode == 134
    assert "right after a variable of third.c (a), which has 8 bytes" in result.stderr
    assert "at third.c:2:" in result.stderr
    refused = forkrepl("link", "--sanitize=address", "--memory=in-process", "main.c", "third.c")
    assert refused.returncode == 1
    assert "-fsanitize needs a process of its own" in refused.stderr


def test_leaks_are_told_at_the_end(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "leaks.cpp").write_text("int main() { new int[5]; }\n")
    told = "LeakSanitizer: memory leaks\n20 bytes that nothing points to, allocated here:\n"
    for kind in ("leak", "address"):
        result = forkrepl(f"--sanitize={kind}", "leaks.cpp")
        assert told + "  at leaks.cpp:1:14" in result.stderr
    ours = forkrepl("--no-cache", "--sanitize=address", input="int a[3];\n%undo\nint b;\n%leaks\n")
    assert ours.stdout.startswith("no leaks"), ours.stderr
    session = "new int[5];\n"
    assert told in forkrepl("--no-cache", "--sanitize=leak", input=session).stderr
    assert "Leak" not in forkrepl("--no-cache", "--sanitize=address", input=session).stderr


def test_undefined_behaviour_may_end_an_input(forkrepl: Run) -> None:
    flags = ("--no-cache", "--sanitize=undefined")
    shift = "int width = 33; 1 << width\nwidth\n"
    assert forkrepl(*flags, input=shift).stdout == "(int) 2\n(int) 33\n"
    ended = forkrepl(*flags, "-fno-sanitize-recover=undefined", input=shift)
    assert "rolled back" in ended.stderr
    assert "use of undeclared identifier 'width'" in ended.stderr
    trapped = forkrepl(*flags, "-fsanitize-trap=undefined", input=shift)
    assert "Shift exponent is too large for the type" in trapped.stderr


def test_a_memory_limit_counts_what_the_program_has(forkrepl: Run) -> None:
    """And not the runtime's own memory, which is far more."""
    options = ("--no-cache", "--sanitize=address", "--memory-limit=256M")
    code = "#include <cstdlib>\nchar *few = new char[1 << 20];\nfew != nullptr\n"
    result = forkrepl(*options, input=code + "char *many = new char[1 << 30];\nfew != nullptr\n")
    assert result.stdout == "(bool) true\n(bool) true\n"
    assert "out of memory" in result.stderr
    assert "--memory-limit" in result.stderr


def test_what_finds_nothing_any_more_says_so(forkrepl: Run) -> None:
    code = (
        "#include <thread>\n#include <chrono>\n"
        "std::thread runs([] { std::this_thread::sleep_for(std::chrono::hours(1)); });\n"
        "runs.detach();\n*(volatile int *)8 = 1;\n1\n"
    )
    result = forkrepl("--no-cache", "--sanitize=thread", input=code)
    assert "ThreadSanitizer finds nothing in the copy of a process that had" in result.stderr
    assert "%restart makes another" in result.stderr
    assert result.stdout == "(int) 1\n"


def test_the_setting(open_shell: OpenShell, tmp_path: Path) -> None:
    configure(tmp_path, 'sanitize = "undefined"\n')
    shell = open_shell("-q", XDG_CONFIG_HOME=str(tmp_path))
    shell.run("int width = 33;")
    assert "shift exponent 33 is too large" in shell.run("1 << width")
