"""The process that precompiles headers behind the prompt: when there is one, and its end."""

from __future__ import annotations

import fcntl
import os
import signal
from functools import partial
from pathlib import Path

from repl import native_programs
from repl.clang.flags import LIBSTDCXX_ASSERTIONS
from repl.clang.header_cache.storage import HeaderCache
from repl.session.session_headers import common_headers
from tests.support.cache import FLAGS, forget_use, was_used
from tests.support.leaks import MARK, command_of, living, wait_for
from tests.support.program import OpenShell, Run

PROMPT = (LIBSTDCXX_ASSERTIONS,)
NOTE = "(preparing the standard library for next time)"


def builders(mark: str) -> list[int]:
    """Those that the session with this mark has."""
    return [pid for pid in living(mark) if b"repl.header_builder_process" in command_of(pid)]


def is_modest(pid: int) -> bool:
    """Whether it gets only time that nobody else wants."""
    return os.sched_getscheduler(pid) == os.SCHED_IDLE


def has_ended(mark: str) -> bool:
    """Whether nothing is left of the session."""
    return not living(mark)


def cache_in(home: Path, *flags: str) -> HeaderCache:
    return HeaderCache(home / "forkrepl", native_programs.frontend(), [*flags, *FLAGS])


def test_it_is_modest_and_ends_with_the_shell(open_shell: OpenShell, tmp_path: Path) -> None:
    for mark, end in (("left", "leave"), ("killed", "kill")):
        home = tmp_path / mark
        shell = open_shell(XDG_CACHE_HOME=str(home), **{MARK: mark})
        assert NOTE in shell.greeting
        (pid,) = builders(mark)
        assert wait_for(partial(is_modest, pid))
        assert os.getsid(pid) == pid  # Ctrl-C at the terminal is not for it
        os.kill(pid, signal.SIGSTOP)  # it shall not be done before the shell
        assert shell.run("1 + 1") == "(int) 2\n"
        if end == "leave":
            assert shell.leave() == 0
        else:
            os.kill(shell.child.pid, signal.SIGKILL)
        assert wait_for(partial(has_ended, mark))


def test_one_that_is_killed(open_shell: OpenShell, tmp_path: Path) -> None:
    """The session goes on, and nothing is left of either."""
    shell = open_shell(XDG_CACHE_HOME=str(tmp_path / "home"), **{MARK: "builder killed"})
    (pid,) = builders("builder killed")
    os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: not builders("builder killed"))
    assert shell.run("1 + 1") == "(int) 2\n"
    assert shell.leave() == 0
    assert wait_for(partial(has_ended, "builder killed"))


def test_nothing_is_said_or_made_unasked(
    open_shell: OpenShell, forkrepl: Run, tmp_path: Path
) -> None:
    home = tmp_path / "cache"
    environment = {"XDG_CACHE_HOME": str(home), MARK: "none"}
    result = forkrepl("-c", "#include <map>\n1", XDG_CACHE_HOME=str(home))
    assert (result.stdout, result.stderr) == ("(int) 1\n", "")
    shell = open_shell("--no-cache", **environment)
    assert NOTE not in shell.greeting
    shell.run("#include <regex>")
    assert not builders("none")
    assert not home.exists()


def test_what_was_slow_is_made_for_the_next_time(open_shell: OpenShell, tmp_path: Path) -> None:
    home = tmp_path / "cache"
    (home / "forkrepl").mkdir(parents=True)
    # As if they were there, for prompts and for scripts.
    for cache in (cache_in(home), cache_in(home, *PROMPT)):
        for headers in common_headers(cache):
            cache.path(headers).with_suffix(".json").write_text("{}")
    shell = open_shell(XDG_CACHE_HOME=str(home), **{MARK: "wish"})
    assert NOTE not in shell.greeting
    assert not builders("wish")
    shell.run("#include <regex>")
    (pid,) = builders("wish")
    assert b'[["regex"]]' in command_of(pid)
    assert wait_for(partial(is_modest, pid))  # now it ends with the shell, even if stopped
    os.kill(pid, signal.SIGSTOP)
    shell.run("#include <random>")
    assert builders("wish") == [pid]  # one at a time


def test_two_at_once(forkrepl: Run, tmp_path: Path) -> None:
    home = tmp_path / "cache"
    (home / "forkrepl").mkdir(parents=True)
    with (home / "forkrepl" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = forkrepl("--build-cache", XDG_CACHE_HOME=str(home))
    assert result.stdout.startswith("another process is preparing the headers\n")
    assert [path.name for path in (home / "forkrepl").iterdir()] == ["lock"]


def test_all_common_headers_are_made_and_used(forkrepl: Run, tmp_path: Path) -> None:
    home = str(tmp_path / "cache")
    result = forkrepl("--build-cache", timeout=120, XDG_CACHE_HOME=home)
    assert result.returncode == 0
    cache, of_prompts = (cache_in(tmp_path / "cache", *more) for more in ((), PROMPT))
    for each in (cache, of_prompts):
        assert all(each.find(headers) for headers in common_headers(each))
    assert (tmp_path / "cache" / "forkrepl").stat().st_mode & 0o777 == 0o700
    again = forkrepl("--build-cache", timeout=60, XDG_CACHE_HOME=home)
    assert again.stdout == f"the cache is ready: {cache.folder}\n"
    everything = '#include <bits/stdc++.h>\nstd::regex_match(std::string("aa"), std::regex("a+"))\n'
    forget_use(cache)
    assert forkrepl(input=everything, XDG_CACHE_HOME=home).stdout == "(bool) true\n"
    assert was_used(cache, ["bits/stdc++.h"])
