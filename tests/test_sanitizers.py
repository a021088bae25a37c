"""The executor and the platform library under AddressSanitizer and UBSan."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from runtime_support import ROOT, Program, compile_source, mappings

from runtime.executor_process import ExecutorProcess

PROGRAM = """
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>
int built, destroyed, handled;
struct Object {
    std::string text = "a string that is too long to fit into the object itself";
    Object() { ++built; }
    ~Object() { ++destroyed; }
};
Object global;
void handler() { ++handled; }
extern "C" void go() {
    static Object local;
    std::atexit(handler);
    std::vector<Object> objects(10);
    try { throw std::runtime_error(global.text); } catch (std::exception &) {}
}
extern "C" void fail() { throw std::out_of_range(std::string(10000, 'x')); }
__attribute__((destructor)) static void last() { ++handled; }
"""


@pytest.fixture(scope="module")
def sanitized_executor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sanitized")
    cmake = Path(sys.executable).parent / "cmake"
    configure = ["-S", str(ROOT), "-B", str(folder), "-DFORKREPL_SANITIZE=address,undefined"]
    build = ["--build", str(folder), "--target", "forkrepl-executor"]
    for arguments in (configure, build):
        done = subprocess.run([str(cmake), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning:" not in done.stderr + done.stdout
    return folder / "runtime" / "executor" / "forkrepl-executor"


def test_nothing_is_reported(sanitized_executor: Path, tmp_path: Path) -> None:
    reports = tmp_path / "report"
    environment = os.environ | {
        "ASAN_OPTIONS": f"log_path={reports}:detect_leaks=0",
        "UBSAN_OPTIONS": f"log_path={reports}:print_stacktrace=1",
    }
    code = compile_source(PROGRAM, "-fPIC", language="c++")
    with ExecutorProcess(sanitized_executor, environment=environment) as process:
        program = Program(process)
        process.greet()  # before that, its libraries may not be loaded yet
        assert any("libasan" in mapping.path for mapping in mappings(process.pid))
        for _ in range(3):
            unit = program.load(code)
            program.session.initialize(unit)
            program.call("go")
            assert program.integer("built") == program.integer("destroyed") + 2
            failed = process.run([program.address("fail")])
            assert failed.exception_type == "std::out_of_range"
            assert program.session.unload(unit).exception_type is None
        program.session.initialize(program.load(code))  # and is there at the end
        process.set_arguments(["a", "b"])
        process.read_memory(program.address("built"), 100_000)
        assert process.shutdown() == 0
        program.session.discard()
    assert [path.read_text() for path in tmp_path.iterdir()] == []
