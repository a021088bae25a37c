"""Objects made with a compiler's further options, and the libraries that belong to them:
they do the same as when the system linker links them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.native_link import run_linked, run_natively
from tests.support.runtime import COMPILERS, compile_source

FIRST = r"""
#include <stdio.h>
#include <string.h>
static int table[5] = {5, 4, 3, 2, 1};
_Thread_local int in_thread = 4;
int zero[100];
int elsewhere(int), (*pointer)(int) = elsewhere;
int pick(int x) {
  switch (x) {
  case 0: return 10; case 1: return 22; case 2: return 31; case 3: return 43; case 4: return 1;
  case 5: return table[2]; default: return elsewhere(x);
  }
}
static double sum(const double *numbers, int count) {
  double result = 0;
  for (int i = 0; i < count; ++i) result += numbers[i] * 2;
  return result;
}
int main(void) {
  char text[32];
  double numbers[16];
  int total = 0;
  strcpy(text, "text");
  for (int i = 0; i < 9; ++i) total = total * 2 + pick(i) + pointer(i);
  for (int i = 0; i < 16; ++i) numbers[i] = i;
  printf("%s %d %g %d %d\n", text, total, sum(numbers, 16), ++in_thread, zero[7]);
  return 3;
}
"""
SECOND = "static int calls; int elsewhere(int n) { return n * 3 + ++calls; }"

OPTIONS = (
    "-fPIC -O3 -mavx2",
    "-fPIC -Os -ffunction-sections -fdata-sections",
    "-fPIC -O2 -fno-semantic-interposition -fno-plt",
    "-fPIC -g3 -gsplit-dwarf",
    "-fPIC -g -gz -gdwarf-5",
    "-fPIE -fstack-protector-all",
    "-fPIC -fno-asynchronous-unwind-tables -fno-unwind-tables",
    "-fPIC -fcf-protection=full",
    "-fPIC -fexceptions -fnon-call-exceptions",
    "-fPIC -pg",
    "-fPIC -falign-functions=64 -mno-red-zone -fno-jump-tables",
    "-fPIC -fpatchable-function-entry=3,1",
    "-fPIE -O2 -fno-common -fmerge-all-constants",
)
OF_GCC = (
    "-fPIC -flto -ffat-lto-objects -O2",
    "-fPIC -mindirect-branch=thunk -mfunction-return=thunk -fcf-protection=none",
    "-fPIC -pg -mfentry",
)
OF_CLANG = (
    "-fPIC -faddrsig -fstack-size-section -fbasic-block-sections=all",
    "-fPIC -O2 -mretpoline -femulated-tls",
    "-fPIE -fsanitize=undefined -fsanitize-trap=all",
)


def write(path: Path, source: str, *flags: str, language: str = "c", compiler: str = "gcc") -> Path:
    path.write_bytes(compile_source(source, *flags, language=language, compiler=compiler))
    return path


@pytest.mark.parametrize(
    ("compiler", "options"),
    [
        *((compiler, options) for compiler in COMPILERS for options in OPTIONS),
        *(("gcc", options) for options in OF_GCC),
        *(("clang-22", options) for options in OF_CLANG),
    ],
)
def test_options(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, compiler: str, options: str
) -> None:
    flags = options.split()
    objects = [
        write(tmp_path / f"{name}.o", source, *flags, compiler=compiler)
        for name, source in (("first", FIRST), ("second", SECOND))
    ]
    assert run_linked(capfd, objects) == run_natively(tmp_path, objects)


INSTRUMENTED = r"""
#include <stdio.h>
#define PLAIN __attribute__((no_instrument_function))
static int entered, left;
PLAIN void __cyg_profile_func_enter(void *function, void *from) { entered++; }
PLAIN void __cyg_profile_func_exit(void *function, void *from) { left++; }
static int f(int n) { return n ? f(n - 1) : 0; }
PLAIN int main(void) { f(4); printf("%d %d\n", entered, left); }
"""
UNDEFINED_BEHAVIOUR = r"""
#include <limits.h>
#include <stdio.h>
int add(int a, int b) { return a + b; }
int main(void) { printf("%d\n", add(INT_MAX, 1)); return 2; }
"""
PARALLEL = r"""
#include <omp.h>
#include <stdio.h>
int each;
#pragma omp threadprivate(each)
int main(void) {
  int sum = 0, total = 0;
  #pragma omp parallel for reduction(+ : sum) num_threads(3)
  for (int i = 0; i < 1000; ++i) { each++; sum += i; }
  #pragma omp parallel num_threads(3) reduction(+ : total)
  total += each;
  printf("%d %d\n", sum, total);
}
"""
ATOMIC = r"""
#include <stdio.h>
struct wide { long a, b, c; } shared;
int main(void) {
  struct wide value = {1, 2, 3}, found;
  __atomic_store(&shared, &value, __ATOMIC_SEQ_CST);
  __atomic_load(&shared, &found, __ATOMIC_SEQ_CST);
  printf("%ld\n", found.a + found.b + found.c);
}
"""
QUADRUPLE = r"""
#include <stdio.h>
#include <quadmath.h>
int main(void) {
  char text[64];
  quadmath_snprintf(text, sizeof text, "%.20Qf", sqrtq(2) + (__float128)1 / 3);
  puts(text);
  __int128 n = (__int128)1 << 100;
  printf("%d\n", (int)(n / 3 % 1000));
}
"""


@pytest.mark.parametrize(
    ("source", "flags", "libraries"),
    [
        (INSTRUMENTED, "-finstrument-functions", []),
        (UNDEFINED_BEHAVIOUR, "-fsanitize=undefined", ["ubsan"]),
        (PARALLEL, "-fopenmp", ["gomp"]),
        (ATOMIC, "-O2", ["atomic"]),
        (QUADRUPLE, "-O2", ["quadmath", "gcc"]),
    ],
    ids=["instrumented", "undefined behaviour", "OpenMP", "atomic", "quadruple precision"],
)
@pytest.mark.parametrize("mode", ["-fPIC", "-fPIE", "-fno-pic"])
def test_libraries_of_the_compiler(
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    source: str,
    flags: str,
    libraries: list[str],
    mode: str,
) -> None:
    main = write(tmp_path / "main.o", source, flags, mode)
    options = ["-no-pie", *(f"-l{name}" for name in libraries)]
    status, output, errors = run_natively(tmp_path, [main], *options)
    assert status in (0, 2)
    assert run_linked(capfd, [main], libraries) == (status, output, errors)


def test_coverage(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The counters are written when the program ends."""
    (tmp_path / "first.c").write_text(FIRST)
    (tmp_path / "second.c").write_text(SECOND)
    command = ["gcc", "--coverage", "-fPIC", "-c", "first.c", "second.c"]
    subprocess.run(command, cwd=tmp_path, check=True)
    objects = [tmp_path / "first.o", tmp_path / "second.o"]
    counters = [tmp_path / "first.gcda", tmp_path / "second.gcda"]
    expected = run_natively(tmp_path, objects, "--coverage")
    native = [path.read_bytes() for path in counters]
    for path in counters:
        path.unlink()
    assert run_linked(capfd, objects, ["gcov"]) == expected
    assert [path.read_bytes() for path in counters] == native


ORDERED = """
#include <stdio.h>
__attribute__((constructor)) static void c(void) {{ puts("+{0}"); }}
__attribute__((destructor)) static void d(void) {{ puts("-{0}"); }}
__attribute__((constructor({1}))) static void e(void) {{ puts("+{0} {1}"); }}
__attribute__((destructor({1}))) static void f(void) {{ puts("-{0} {1}"); }}
int need_{0}(void) {{ return {2}; }}
"""


def test_initializers_of_archive_members(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """In the order in which members are pulled in."""
    texts = {
        "main": ORDERED.format("main", 300, 0)
        + 'int need_b(void); int main(void) { puts("main"); return need_b(); }',
        "a": ORDERED.format("a", 200, 4) + "int common[4];",
        "b": "int need_c(void);" + ORDERED.format("b", 400, "need_c()"),
        "c": "int need_a(void); extern int common[9];"
        + ORDERED.format("c", 101, "need_a() + common[8]")
        + "int common[9];",
        "unused": ORDERED.format("unused", 101, 0) + "int common[2];",
    }
    flags = ("-fPIC", "-fcommon")
    paths = [write(tmp_path / f"{name}.o", text, *flags) for name, text in texts.items()]
    archive = tmp_path / "libmembers.a"
    subprocess.run(["ar", "rcs", archive, *paths[1:]], check=True)
    inputs = [paths[0], archive]
    assert run_linked(capfd, inputs) == run_natively(tmp_path, inputs)


THROWS = """
#include <stdexcept>
struct Own {{ virtual ~Own() = default; int n = 7; }};
struct Derived : Own {{}};
{0} void fail(int n) {{
  if (n == 0) throw std::runtime_error("no");
  if (n == 1) throw Derived();
  throw n;
}}
"""
CATCHES = """
#include <cstdio>
#include <exception>
struct Own { virtual ~Own() = default; int n = 7; };
void fail(int n);
struct Guard { int n; ~Guard() { std::printf("unwound %d\\n", n); } };
int main() {
  for (int i = 0; i < 3; ++i)
    try { Guard guard{i}; fail(i); }
    catch (std::exception &e) { std::puts(e.what()); }
    catch (Own &own) { std::printf("own %d\\n", own.n); }
    catch (...) { std::puts("something"); }
  try { try { fail(1); } catch (...) { throw; } } catch (const Own &) { std::puts("again"); }
}
"""


@pytest.mark.parametrize("section", ["", '__attribute__((section("elsewhere")))',
                                     "__attribute__((noinline, cold))"])  # fmt: skip
@pytest.mark.parametrize("mode", ["-fPIC", "-fPIE -O2 -ffunction-sections", "-fno-pic -O1"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_exceptions_across_objects(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, compiler: str, mode: str, section: str
) -> None:
    objects = [
        write(tmp_path / f"{name}.o", text, *mode.split(), language="c++", compiler=compiler)
        for name, text in (("catches", CATCHES), ("throws", THROWS.format(section)))
    ]
    flags = ["-no-pie"] if "-fno-pic" in mode else []
    assert run_linked(capfd, objects) == run_natively(tmp_path, objects, *flags)
