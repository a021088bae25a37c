"""``Session.captured``: what the program prints in a block, and nothing else."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from forkrepl import (
    CompileError,
    ProgramCrashed,
    ProgramExited,
    Session,
    SessionOptions,
    ShellError,
    UncaughtException,
)

from tests.support.leaks import wait_for
from tests.support.listener import KINDS, running_listener

HEADERS = "".join(
    f"#include <{name}>\n"
    for name in ("cstdio", "cstdlib", "fstream", "iostream", "string", "thread", "unistd.h")
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run(HEADERS)
        yield one


@contextlib.contextmanager
def own_session() -> Iterator[Session]:
    """One whose program prints where the test looks."""
    with Session() as one:
        one.run(HEADERS)
        yield one


def test_it_is_exact(capfd: pytest.CaptureFixture[str]) -> None:
    """All that is printed in the block, by whichever way, in order, and nothing of outside."""
    with own_session() as session:
        session.run('printf("before ");')
        with session.captured() as out:
            session.run('printf("a "); std::cout << "b "; std::cerr << "d "; perror("e");')
            assert (out.stdout, out.stderr) == ("a b ", "d e: Success\n")
            print("of Python ", end="", flush=True)
            session.run('std::system("echo f; echo g >&2"); std::ofstream("/dev/stdout") << "h ";')
            assert session.value('puts("i") > 0')
            assert session.show('printf("j")') == "(int) 1"
        assert out.stdout == "a b f\nh i\nj"
        assert out.stderr == "d e: Success\ng\n"
        assert str(out) == out.stdout + out.stderr
        assert repr(out) == f"Captured(stdout={out.stdout!r}, stderr={out.stderr!r})"
        session.run('printf("after");')
        assert capfd.readouterr().out == "before of Python after"
        assert out.stdout.endswith("j")


def test_much_and_noise(session: Session) -> None:
    """100 MB of it do not wait for anybody."""
    text = "std::string piece(1 << 20, 'x'); for (int i = 0; i < 100; ++i) fputs(piece.c_str(), f);"
    with session.captured() as out:
        session.run(f"{{ auto f = stderr; {text} }}")
        session.run(r'fwrite("\0\xff\xc3\xa9\r\n\x1b[1m", 1, 10, stdout);')
    assert len(out.stderr) == 100 << 20
    assert out.stderr_bytes == b"x" * (100 << 20)
    assert out.stdout_bytes == b"\0\xff\xc3\xa9\r\n\x1b[1m"
    assert out.stdout == "\0\\xffé\r\n\x1b[1m"
    assert repr(out).endswith("... (104,857,600 characters))")


def test_threads_and_forks(capfd: pytest.CaptureFixture[str]) -> None:
    """One that outlives the block prints where the program prints then."""
    with own_session() as session:
        with session.captured() as out:
            session.run(
                'std::thread one([] { for (int i = 0; i < 1000; ++i) puts("t"); }); one.join();'
            )
            session.run(
                "int to[2], from[2]; pipe(to); pipe(from);"
                'if (fork() == 0) { write(1, "child ", 6); char c; read(to[0], &c, 1);'
                ' write(1, "late ", 5); write(from[1], "x", 1); _exit(0); }'
            )
            wait_for(lambda: "child " in out.stdout)
        assert out.stdout == "t\n" * 1000 + "child "
        session.run('char c; write(to[1], "x", 1); read(from[0], &c, 1);')
        told = ""

        def is_told() -> bool:
            nonlocal told
            told += capfd.readouterr().out
            return "late " in told

        assert wait_for(is_told)
        assert "late" not in out.stdout


def test_blocks_in_one_another(session: Session) -> None:
    with session.captured() as outer:
        session.run('puts("1");')
        with session.captured() as inner:
            session.run('puts("2");')
        session.run('puts("3");')
        with contextlib.suppress(ZeroDivisionError), session.captured() as failed:
            session.run('puts("4");')
            raise ZeroDivisionError
        session.run('puts("5");')
    assert [each.stdout for each in (outer, inner, failed)] == ["1\n3\n5\n", "2\n", "4\n"]


def test_blocks_that_end_in_another_order(session: Session) -> None:
    first, second = session.captured(), session.captured()
    one = first.__enter__()
    two = second.__enter__()
    session.run('puts("of the newest");')
    first.__exit__(None, None, None)
    session.run('puts("still");')
    second.__exit__(None, None, None)
    assert (one.stdout, two.stdout) == ("", "of the newest\nstill\n")


def test_whatever_an_input_does(capfd: pytest.CaptureFixture[str]) -> None:
    """What is printed before a crash is there, also of a line that has not ended; and where the
    program prints is right before and after, in whatever process it runs."""
    with own_session() as session:
        session.run("int n = 1;")
        with session.captured() as out:
            with pytest.raises(ProgramCrashed):
                session.run('printf("crash "); n = 2; *(volatile int *)0 = 1;')
            with pytest.raises(UncaughtException):
                session.run('printf("throw "); throw 1;')
            with pytest.raises(CompileError):
                session.run("int x = ;")
            with pytest.raises(ProgramCrashed):
                session.run('printf("again "); fflush(stdout); abort();')
            session.run('printf("fine "); n = 3;')
            session.run("dup2(2, 1);")
            session.run("close(2);")
        assert (out.stdout, out.stderr) == ("crash throw again fine ", "")
        session.run('printf("1 ");')
        session.rewind(3)  # to a moment of the block
        session.run('printf("2 "); fprintf(stderr, "e ");')
        session.rewind(2)  # to one of before
        session.run('printf("3 ");')
        with session.captured() as out:
            session.rewind()  # and back, in another block
            session.run('printf("rewound ");')
            session.restart()
            session.run('printf("restarted ");')
        assert out.stdout == "rewound restarted "
        session.run('printf("4 ");')
        printed = capfd.readouterr()
        assert (printed.out, printed.err) == ("1 2 3 4 ", "e ")
        assert session.value("n") == 1


def test_the_end_of_the_program_and_of_the_session(capfd: pytest.CaptureFixture[str]) -> None:
    with Session() as session, session.captured() as out:
        session.run(HEADERS)
        with pytest.raises(ProgramExited):
            session.run('printf("last"); exit(3);')
        assert out.stdout == "last"
        session.reset()
        session.run("#include <cstdio>")
        session.run('puts("next");')
        session.close()
        assert out.stdout == "lastnext\n"
    assert out.stdout == "lastnext\n"
    assert pickle.loads(pickle.dumps(out)).stdout == out.stdout
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ShellError, match="closed"), session.captured():
        pass


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def test_nothing_is_left() -> None:
    before, threads = descriptors(), threading.active_count()
    with Session() as session:
        with session.captured():
            within = descriptors()
        for _ in range(20):
            with session.captured():
                pass
        assert descriptors() == within
        assert threading.active_count() == threads + 1
    assert (descriptors(), threading.active_count()) == (before, threads)
    forgotten = Session()
    with forgotten.captured():
        pass
    del forgotten
    assert wait_for(lambda: (descriptors(), threading.active_count()) == (before, threads))


def test_where_python_prints_does_not_matter(session: Session) -> None:
    here = io.StringIO()
    with contextlib.redirect_stdout(here), session.captured() as out:
        print("Python")
        session.run('puts("program");')
    assert (here.getvalue(), out.stdout) == ("Python\n", "program\n")


def test_other_threads_may_use_the_session(session: Session) -> None:
    with session.captured() as out:
        threads = [
            threading.Thread(target=session.run, args=[f'puts("{number}");']) for number in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(out.stdout.split()) == ["0", "1", "2", "3"]


def test_a_fork_of_python_leaves_the_block(session: Session) -> None:
    with session.captured() as out:
        pid = os.fork()
        if pid == 0:
            os._exit(leave_a_block(session))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        session.run('puts("here");')
    assert out.stdout == "here\n"


def leave_a_block(session: Session) -> int:
    """Of the parent's session."""
    try:
        with pytest.raises(ShellError, match="a fork"), session.captured():
            pass
    except BaseException:
        return 1
    return 7


STANDARD_STREAMS_CLOSED = """
import os, sys
from forkrepl import Session
os.close(1)
with Session() as session:
    session.run("#include <cstdio>")
    with session.captured() as out:
        session.run('puts("1");')
    sys.stderr.write(out.stdout)
"""


def test_without_standard_output(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STANDARD_STREAMS_CLOSED], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "1\n", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_listener_runs_the_program(
    kind: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    with (
        running_listener(tmp_path, environment, kind) as running,
        Session(SessionOptions(listener=running.listener, recover=True)) as session,
    ):
        session.run("#include <cstdio>")
        if kind == "unix":
            with session.captured() as out:
                session.run('puts("there");')
            assert out.stdout == "there\n"
        else:
            with pytest.raises(ShellError, match="on this machine only"), session.captured():
                pass
            assert session.value("1") == 1
