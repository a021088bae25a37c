"""``forkrepl link`` for AArch64, run by an executor that is emulated.

What it must do is what the cross linker's program does.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Completed, Run
from tests.support.runtime import ROOT, compile_source, make_archive, make_object

EMULATOR = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
GCC = "aarch64-linux-gnu-gcc"
_NEEDED = [EMULATOR[0], GCC, "aarch64-linux-gnu-g++"]
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, _NEEDED)), reason="needs qemu-user and g++-aarch64-linux-gnu"
)

COMPILERS = {
    "gcc": [GCC],
    "g++": ["aarch64-linux-gnu-g++"],
    "clang": ["clang-22", "--target=aarch64-linux-gnu"],
    "clang++": ["clang++-22", "--target=aarch64-linux-gnu"],
}

C = """
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static int counter;
int table[4] = {1, 2, 3, 4};
int *third = &table[2];
const char *names[] = {"a", "b", "c"};
__thread int own = 5;
static __thread long of_file;
__attribute__((constructor)) static void begin(void) { counter = 7; }
__attribute__((weak)) int nothing(void);
static void at_end(void) { puts("end"); }
static int compare(const void *a, const void *b) { return *(const int *)b - *(const int *)a; }
static void *thread(void *unused) { own += 10; of_file++; return (void *)(own + of_file); }
int choose(int x) {
    switch (x) {
    case 0: return 5;
    case 1: return 9;
    case 2: return 1;
    case 3: return 77;
    case 4: return -3;
    default: return 0;
    }
}
int main(int argc, char **argv) {
    pthread_t other;
    void *result;
    printf("%d %d %s\\n", errno, argc, argc > 1 ? argv[1] : "-");
    atexit(at_end);
    qsort(table, 4, sizeof *table, compare);
    pthread_create(&other, 0, thread, 0);
    pthread_join(other, &result);
    printf("%d %d %d %s %d\\n", *third, table[0], counter, names[1], nothing != 0);
    printf("%ld %d %d %g\\n", (long)result, own, choose(argc + 1), sqrt(argc));
    fprintf(stderr, "to stderr\\n");
    return 3;
}
"""

CXX = """
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
struct Base { virtual ~Base() { std::cout << "destroyed\\n"; } virtual int f() { return 1; } };
struct Derived : Base { int f() override { return 2; } };
static std::map<std::string, int> numbers{{"one", 1}};
inline int counted = 4;
thread_local std::string own = "own";
template <class T> T twice(T x) { return x + x; }
int main() {
    std::unique_ptr<Base> base(new Derived);
    try { numbers.at("two"); } catch (std::out_of_range &e) { std::cout << e.what() << "\\n"; }
    try { throw std::runtime_error("mine"); } catch (std::exception &e) { std::cout << e.what(); }
    std::cout << twice(1.25) << base->f() << counted << own << std::endl;
    return dynamic_cast<Derived *>(base.get()) ? 0 : 1;
}
"""


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As CONTRIBUTING.md says how to build it."""
    folder = tmp_path_factory.mktemp("aarch64")
    cmake = Path(sys.executable).parent / "cmake"
    words = {
        "CMAKE_SYSTEM_NAME": "Linux",
        "CMAKE_SYSTEM_PROCESSOR": "aarch64",
        "CMAKE_C_COMPILER": GCC,
        "CMAKE_CXX_COMPILER": "aarch64-linux-gnu-g++",
    }
    configure = ["-S", str(ROOT), "-B", str(folder)]
    configure += [f"-D{name}={value}" for name, value in words.items()]
    for arguments in (configure, ["--build", str(folder)]):
        done = subprocess.run([str(cmake), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning:" not in done.stderr + done.stdout
    return folder / "runtime" / "executor_process" / "forkrepl-executor"


Link = Callable[..., Completed]


@pytest.fixture
def link(forkrepl: Run, executor: Path) -> Link:
    command = shlex.join([*EMULATOR, str(executor)])
    return lambda *arguments: forkrepl("link", "--executor", command, *arguments, timeout=120)


def make(path: Path, source: str, *flags: str, compiler: str = "gcc") -> Path:
    text = path.with_suffix(".cpp" if "++" in compiler else ".c")
    text.write_text(source)
    subprocess.run([*COMPILERS[compiler], *flags, "-w", "-c", text, "-o", path], check=True)
    return path


def natively(folder: Path, arguments: list[str], *files: Path) -> tuple[int, str, str]:
    program = folder / "native"
    subprocess.run(["aarch64-linux-gnu-g++", "-no-pie", "-o", program, *files, "-lm"], check=True)
    done = subprocess.run(
        [*EMULATOR, program, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def outcome(done: Completed) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_a_number(link: Link, tmp_path: Path) -> None:
    main = make(tmp_path / "main.o", "int main(void) { return 42; }")
    assert outcome(link(main)) == (42, "", "")


WAYS = [
    ("gcc", "-O0", "-fPIC"),
    ("gcc", "-O2", "-fPIE"),
    ("gcc", "-O2", "-fno-pic"),
    ("gcc", "-O1", "-fpic"),
    ("gcc", "-O2", "-fPIC", "-mtls-dialect=trad"),
    ("gcc", "-O2", "-fno-pic", "-mcmodel=large"),
    ("clang", "-O0", "-fPIC"),
    ("clang", "-O2", "-fPIE"),
    ("clang", "-O2", "-fno-pic"),
]


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_program_of_c(link: Link, tmp_path: Path, way: tuple[str, ...]) -> None:
    main = make(tmp_path / "main.o", C, *way[1:], compiler=way[0])
    native = natively(tmp_path, ["a"], main)
    assert native[0] == 3
    assert outcome(link(main, "-lm", "--", "a")) == native


@pytest.mark.parametrize("memory", ["shared", "stream"])
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_program_of_cxx(link: Link, tmp_path: Path, compiler: str, memory: str) -> None:
    main = make(tmp_path / "main.o", CXX, "-O1", compiler=compiler)
    native = natively(tmp_path, [], main)
    assert native[0] == 0
    assert outcome(link(f"--memory={memory}", main)) == native


LIBRARY = "int square(int x) { return x * x; }\nint variable = 9;"
USER = "int square(int); extern int variable; int main(void) { return square(4) + variable; }"


@pytest.mark.parametrize("flag", ["-fPIC", "-fno-pic"])
def test_archives_and_shared_libraries(link: Link, tmp_path: Path, flag: str) -> None:
    main = make(tmp_path / "main.o", USER, flag)
    library = make(tmp_path / "library.o", LIBRARY, "-fPIC")
    archive = make_archive(tmp_path / "libone.a", library)
    shared = tmp_path / "libtwo.so"
    subprocess.run([GCC, "-shared", library, "-o", shared], check=True)
    for inputs in ([archive], [shared], ["-L", tmp_path, "-lone"], ["-L", tmp_path, "-ltwo"]):
        assert outcome(link(main, *inputs)) == (25, "", "")


def test_a_library_that_is_missing_is_named(link: Link, tmp_path: Path) -> None:
    source = "int omp_get_max_threads(void); int main(void) { return omp_get_max_threads() > 0; }"
    main = make(tmp_path / "main.o", source)
    result = link(main)
    assert result.returncode == 1
    assert "undefined symbol: omp_get_max_threads" in result.stderr
    assert "omp_get_max_threads is in libgomp: -lgomp" in result.stderr
    assert outcome(link(main, "-lgomp")) == (1, "", "")


def test_sanitizers_are_of_this_machine(link: Link, tmp_path: Path) -> None:
    main = make(tmp_path / "main.o", "int main(void) { return 0; }")
    result = link("-fsanitize=address", main)
    assert result.returncode == 1
    assert "leave out --connect, --executor" in result.stderr


def test_a_crash_says_where(link: Link, tmp_path: Path) -> None:
    source = "void deep(int *p) {\n  *p = 3;\n}\nint main(void) {\n  deep((int *)16);\n}\n"
    main = make(tmp_path / "main.o", source, "-g", "-O0")
    result = link(main)
    assert result.returncode == 128 + 11
    assert "SIGSEGV" in result.stderr
    assert "address 0x10" in result.stderr
    assert "main.c:2:6" in result.stderr
    assert "main.c:5:3" in result.stderr


def test_a_mixture_is_refused(link: Link, tmp_path: Path) -> None:
    ours = make(tmp_path / "ours.o", USER)
    native = make_object(tmp_path / "native.o", LIBRARY)
    first = link(ours, native)
    assert first.returncode == 1
    assert "native.o: made for another machine (x86-64, e_machine 62), not for AArch64" in (
        first.stderr
    )
    second = link(native, ours)
    assert second.returncode == 1
    assert "ours.o: made for another machine (AArch64, e_machine 183), not for x86-64" in (
        second.stderr
    )


def test_what_is_compiled_here_is_for_this_machine(link: Link, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { return 0; }")
    result = link(tmp_path / "main.c")
    assert result.returncode == 1
    assert "main.c: made for another machine (x86-64, e_machine 62) than what is to run it" in (
        result.stderr
    )


def test_what_does_not_start_an_executor(forkrepl: Run, tmp_path: Path) -> None:
    main = make(tmp_path / "main.o", "int main(void) { return 42; }")
    for command, message in (
        ("/nowhere/executor", "cannot start the executor /nowhere/executor"),
        ("true", "--executor: true is no executor"),
    ):
        result = forkrepl("link", "--executor", command, main)
        assert result.returncode == 1
        assert message in result.stderr
        assert "Traceback" not in result.stderr
    for command, message in (("", "needs a command"), ("'", "no closing quotation")):
        result = forkrepl("link", "--executor", command, main)
        assert result.returncode == 2
        assert message in result.stderr
    for other in (["--memory=in-process"], ["--connect", "localhost:7"]):
        result = forkrepl("link", "--executor=true", *other, main, FORKREPL_TOKEN="x" * 40)
        assert result.returncode == 2
        assert "choose one" in result.stderr


def test_an_executor_of_this_machine(forkrepl: Run, tmp_path: Path) -> None:
    from repl import native_programs

    main = make(tmp_path / "main.o", "int main(void) { return 42; }")
    command = shlex.quote(str(native_programs.executor()))
    result = forkrepl("link", "--executor", command, main)
    assert result.returncode == 1
    assert "main.o: made for another machine (AArch64, e_machine 183) than what is to run it" in (
        result.stderr
    )
    main.write_bytes(compile_source("int main(void) { return 43; }"))
    assert forkrepl("link", "--executor", command, main).returncode == 43
