"""CPython, linked from its archive, is the interpreter that it is natively.

The native one is Debian's, made of the same objects.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.program import Completed, Run
from tests.support.runtime import compile_source

FOLDER = Path("/usr/lib/python3.11/config-3.11-x86_64-linux-gnu")
NATIVE = "/usr/bin/python3.11"
MAIN = "int Py_BytesMain(int, char **); int main(int c, char **v) { return Py_BytesMain(c, v); }"

PROGRAMS = {
    "json": "import json, _json; print(json.dumps({'a': [1, 2.5, None]}), _json.__file__)",
    "re": "import re; print(re.sub(r'(\\w)(\\w+)', r'\\2\\1', 'linked by hand'))",
    "decimal": "import decimal, _decimal; print(decimal.Decimal(1) / 7, _decimal.__file__)",
    "ctypes": "import ctypes; c = ctypes.CDLL(None)\n"
    "called_back = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: 4 * n)\n"
    "print(c.abs(-3), called_back(5))",
    "ssl": "import ssl; print(ssl.OPENSSL_VERSION)\n"
    "print(len(ssl.create_default_context().get_ciphers()))",
    "sqlite3": "import sqlite3; c = sqlite3.connect(':memory:');"
    " print(c.execute('select sum(value) from json_each(?)', ['[1, 2, 3]']).fetchall())",
    "hashlib": "import hashlib; print(hashlib.sha256(b'x').hexdigest())",
    "threads": "import threading; found = []\n"
    "threads = [threading.Thread(target=lambda n=n: found.append(n * n)) for n in range(20)]\n"
    "[t.start() for t in threads]; [t.join() for t in threads]; print(sorted(found))",
    "subprocess": "import subprocess\n"
    "print(subprocess.run(['echo', 'child'], capture_output=True).stdout)",
    "fork": "import os, sys\npid = os.fork()\nif not pid: print('in the child'); sys.exit(3)\n"
    "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    "asyncio": "import asyncio\nasync def f(n): await asyncio.sleep(0); return n\n"
    "async def main(): print(await asyncio.gather(*map(f, range(5))))\nasyncio.run(main())",
    "output": "print('x' * 300_000, end='')",
    "atexit": "import atexit; atexit.register(print, 'last words'); print('first')",
    "status": "import sys; print('leaving', end=''); sys.exit(41)",
    "exception": "print('before'); raise SystemExit('enough')",
    "abort": "import os; os.abort()",
    "recursion": "def f(n): return n and 1 + f(n - 1)\nprint(f(900))",
}
# Of those that start no other Python: sys.executable is an object file here.
TESTS = (
    "test_bisect",
    "test_heapq",
    "test_json.test_float",
    "test_json.test_scanstring",
    "test_json.test_unicode",
    "test_re",
    "test_zlib",
)


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cpython") / "main.o"
    path.write_bytes(compile_source(MAIN, "-fPIC"))
    return path


def run_linked(forkrepl: Run, main: Path, *arguments: str, archive: str, memory: str) -> Completed:
    inputs = (main, FOLDER / archive, "-lm", "-lz", "-lexpat")
    return forkrepl("link", f"--memory={memory}", *inputs, "--", *arguments)


def run_native(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NATIVE, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(forkrepl: Run, main: Path, name: str) -> None:
    code = PROGRAMS[name]
    linked = run_linked(forkrepl, main, "-c", code, archive="libpython3.11-pic.a", memory="shared")
    native = run_native("-c", code)
    assert linked.stdout == native.stdout
    if native.returncode < 0:
        assert linked.returncode == 128 - native.returncode
        assert linked.stderr.startswith(native.stderr)
    else:
        assert (linked.stderr, linked.returncode) == (native.stderr, native.returncode)


def test_this(forkrepl: Run, main: Path) -> None:
    """Also from the archive that is meant for programs, not for shared libraries."""
    native = run_native("-m", "this")
    for memory, archive in (
        ("shared", "libpython3.11-pic.a"),
        ("stream", "libpython3.11-pic.a"),
        ("shared", "libpython3.11.a"),
        ("stream", "libpython3.11.a"),
    ):
        linked = run_linked(forkrepl, main, "-m", "this", archive=archive, memory=memory)
        assert (linked.stdout, linked.returncode) == (native.stdout, 0)


def test_in_process(forkrepl: Run, main: Path) -> None:
    """Without extension modules: they would bind to the Python that runs forkrepl."""
    code = "import sys; print(len(sys.builtin_module_names), sum(range(1000)))"
    arguments = ("-S", "-c", code)
    linked = run_linked(
        forkrepl, main, *arguments, archive="libpython3.11-pic.a", memory="in-process"
    )
    assert linked.stdout.endswith(" 499500\n")
    assert linked.returncode == 0


def test_its_own_tests(forkrepl: Run, main: Path) -> None:
    arguments = ("-m", "unittest", "-q", *(f"test.{name}" for name in TESTS))
    linked = run_linked(forkrepl, main, *arguments, archive="libpython3.11-pic.a", memory="shared")
    native = run_native(*arguments)
    assert linked.returncode == native.returncode == 0, linked.stderr[-2000:]
    assert count_of_tests(linked.stderr) == count_of_tests(native.stderr)


def count_of_tests(output: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith("Ran ")]
    return line.split(" in ")[0]
