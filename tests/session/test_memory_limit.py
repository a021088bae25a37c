"""``--memory-limit``: an allocation that never ends is refused, and nobody else suffers."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import pytest

from runtime.executor_client.memory_limit import _group_limits, machine_memory
from tests.support.program import Run, Shell, values

GROW = "while (true) blocks.emplace_back(1 << 20);"
HINT = "(memory limit 256 MiB: --memory-limit)"
VECTOR_OF_BLOCKS = "#include <vector>\nstd::vector<std::vector<char>> blocks;\n"


def test_endless_allocation_is_an_exception(forkrepl: Run) -> None:
    code = (
        f"{VECTOR_OF_BLOCKS}int kept = 42;\n{GROW}\nkept\nblocks.size() > 200\nblocks.clear();\n1"
    )
    result = forkrepl("--memory-limit=256M", input=code)
    first, *calls = result.stderr.splitlines()
    assert first == f"uncaught exception of type std::bad_alloc: std::bad_alloc {HINT}"
    assert [call[:5] for call in calls[:-1]] == ["  in "] * (len(calls) - 1)
    assert re.fullmatch(r"  at -:4:\d+", calls[-1])
    assert result.stdout == "(int) 42\n(bool) true\n(int) 1\n"
    assert result.returncode == 1


def test_malloc_and_mmap_give_nothing(forkrepl: Run) -> None:
    code = (
        "#include <stdlib.h>\n#include <sys/mman.h>\n"
        "malloc(300 << 20)\n"
        "#define MAP(PROT) mmap(0, 300 << 20, PROT, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)\n"
        "MAP(PROT_READ | PROT_WRITE) == MAP_FAILED\n"
        "MAP(PROT_NONE) == MAP_FAILED\n"
        "malloc(100 << 20) != 0\n"
    )
    result = forkrepl("-xc", "--memory-limit=256M", input=code)
    assert values(result.stdout) == ["nullptr", "1", "0", "1"]


def test_a_program_that_has_used_all_of_it_up(forkrepl: Run) -> None:
    """What would need memory in the program is refused, and works when there is some again."""
    code = (
        "#include <cstdlib>\n#include <new>\n#include <utility>\n"
        "struct Block { Block *next; } *newest;\n"
        "void take(size_t n) {\n"
        "    while (void *p = malloc(n)) newest = new (p) Block{newest};\n"
        "}\n"
        "void release() { while (newest) free(std::exchange(newest, newest->next)); }\n"
        "for (size_t n = 1 << 24; n >= 4096; n /= 2) take(n);\n"
        "struct Large { int many[100000]; } large{{1}};\n"
        "release();\n"
        "struct Small { int many[10000]; } small{{7}};\n"
        "small.many[0]\n"
    )
    # One by one, or all would be loaded before the memory is used up.
    result = forkrepl("--memory-limit=256M", input=code, FORKREPL_JOIN="1")
    assert result.stdout == "(int) 7\n"
    assert "the program has no memory left" in result.stderr
    assert HINT in result.stderr


def test_what_the_session_needs_does_not_count(forkrepl: Run) -> None:
    """Slabs are reserved, 1 GiB each."""
    result = forkrepl("--memory-limit=16M", "-c", "#include <iostream>\nint a[100000];\na[7]\n")
    assert (result.stdout, result.stderr) == ("(int) 0\n", "")


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [
        ([], machine_memory() // 2),
        (["--memory-limit=25%"], machine_memory() // 4),
        (["--memory-limit", "512M"], 512 << 20),
        (["--memory-limit=1.5g"], 3 << 29),
        (["--memory-limit=20000K"], 20000 << 10),
        (["--memory-limit=100000000"], 100_000_000),
        (["--memory-limit=none"], resource.RLIM_INFINITY),
    ],
)
def test_the_soft_limit(forkrepl: Run, arguments: list[str], limit: int) -> None:
    code = (
        "#include <sys/resource.h>\nrlimit l; getrlimit(RLIMIT_DATA, &l);\n"
        "(long)l.rlim_cur\n(long)l.rlim_max\n"
    )
    result = forkrepl(*arguments, "-c", code)
    soft, hard = map(int, values(result.stdout))
    assert soft == pytest.approx(limit, abs=1)
    assert hard == resource.RLIM_INFINITY


def test_a_lower_limit_of_the_users_own_stays(forkrepl: Run) -> None:
    code = "#include <sys/resource.h>\nrlimit l; getrlimit(RLIMIT_DATA, &l);\nl.rlim_cur >> 20\n"
    limited = ("prlimit", f"--data={500 << 20}:{900 << 20}")
    # Python itself must live with it, too.
    assert values(forkrepl("-c", code, wrapper=limited).stdout) == ["500"]
    result = forkrepl("--memory-limit=300M", "-c", code, wrapper=limited)
    assert values(result.stdout) == ["300"]


def test_the_kernel_would_rather_end_the_program(shell: Shell) -> None:
    shell.run("#include <fstream>")
    shell.run('int score; std::ifstream("/proc/self/oom_score_adj") >> score;')
    assert shell.run("score") == "(int) 500\n"
    own = Path("/proc/self/oom_score_adj").read_text()
    assert Path(f"/proc/{shell.child.pid}/oom_score_adj").read_text() == own


def test_a_new_program_after_a_reset_has_it_too(forkrepl: Run) -> None:
    code = f"1\n%reset\n{VECTOR_OF_BLOCKS}{GROW}\n"
    assert HINT in forkrepl("--memory-limit=256M", input=code).stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("much", "'much' is no size: give 512M, 4G, 25% or none"),
        ("", "'' is no size: give 512M, 4G, 25% or none"),
        ("-1", "'-1' is no size: give 512M, 4G, 25% or none"),
        ("1M", "1M is too little: 16 MiB is the least"),
        ("0%", "0% is too little: 16 MiB is the least"),
        ("101%", "101% is more than all memory"),
        ("9" * 400 + "T", "T is more than any machine has: give none for no limit"),
    ],
)
def test_wrong_limits(forkrepl: Run, text: str, message: str) -> None:
    result = forkrepl(f"--memory-limit={text}", "-c", "1")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.endswith(f"{message}\n")
    assert "argument --memory-limit: " in result.stderr


def test_not_for_a_program_elsewhere(forkrepl: Run) -> None:
    result = forkrepl("--connect=unix:nowhere", "--memory-limit=1G", "-c", "1")
    assert result.returncode == 2
    assert "--memory-limit is of no use with --connect" in result.stderr


def test_limits_of_control_groups(tmp_path: Path) -> None:
    def group(folder: str, file: str, text: str) -> None:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / file).write_text(text)

    group("a/b", "memory.max", "max\n")
    group("a", "memory.max", "300\n")
    group("memory/x", "memory.limit_in_bytes", "200\n")
    group("memory", "memory.limit_in_bytes", "9223372036854771712\n")
    groups = tmp_path / "groups"
    groups.write_text("5:cpu,cpuacct:/c\n4:memory:/x/missing\n1:name=systemd:/\n0::/a/b\n")
    assert sorted(_group_limits(groups, tmp_path)) == [200, 300, 9223372036854771712]
    assert list(_group_limits(tmp_path / "nowhere", tmp_path)) == []
