"""The executor and the platform library under AddressSanitizer and UBSan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.executor_client.child import ExecutorProcess
from tests.support.runtime import ROOT, Program, compile_source, mappings

PROGRAM = """
#include <csignal>
#include <cstdlib>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
int built, destroyed, handled;
struct Object {
    std::string text = "a string that is too long to fit into the object itself";
    Object() { ++built; }
    ~Object() { ++destroyed; }
};
Object global;
void handler() { ++handled; }
void with_status(int, void *) { ++handled; }
void on_signal(int) { ++handled; }
pthread_key_t key;
void destroy(void *text) { delete (std::string *)text; }
void register_others() {
    on_exit(with_status, nullptr);
    at_quick_exit(handler);
    pthread_atfork(handler, handler, handler);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    pthread_key_create(&key, destroy);
    pthread_setspecific(key, new std::string(100, 'x'));
    if (pid_t child = fork())
        waitpid(child, nullptr, 0);
    else
        _exit(0);
}
extern "C" void go() {
    static Object local;
    std::atexit(handler);
    register_others();
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
    return folder / "runtime" / "executor_process" / "forkrepl-executor"


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
            outcome = program.session.unload(unit)
            assert outcome.exception_type is None
            assert outcome.restored_signals == (signal.SIGUSR1,)
        program.session.initialize(program.load(code))  # and is there at the end
        program.call("go")
        process.set_arguments(["a", "b"])
        process.read_memory(program.address("built"), 100_000)
        assert process.shutdown() == 0
        program.session.discard()
    assert [path.read_text() for path in tmp_path.iterdir()] == []
