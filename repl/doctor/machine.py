"""The kernel, and the limits that it has been given for this process."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Iterator
from pathlib import Path

from repl.doctor.findings import Finding, lacking, missing, well
from runtime.kernel_calls.capabilities import CAPABILITIES
from runtime.kernel_calls.limits import shown_limit, soft_limit
from runtime.kernel_calls.memory_files import LEAST_SHARED

_SYSTEM = Path("/proc/sys")
_MIB = 1 << 20


def check_machine() -> Iterator[Finding]:
    """What kind of machine it is, and how much memory it has."""
    kind = f"{platform.system()} {platform.release()}, {platform.machine()}"
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        yield missing(f"{kind} is not Linux on x86-64", "run it on such a machine")
    from runtime.executor_client.memory_limit import machine_memory

    memory = machine_memory()
    shown = f"{memory // _MIB} MiB of memory"
    if memory < 1 << 30:
        yield lacking(
            f"{shown}, with the limits of control groups",
            "large headers may not fit, and the system may end processes",
            "give the machine or the container 1 GiB or more",
        )
    yield well(f"machine: {kind}, {shown}")


def check_calls() -> Iterator[Finding]:
    """Each system call that may be refused."""
    usable = []
    for capability in CAPABILITIES:
        try:
            capability.probe()
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            yield lacking(
                f"{capability.name} cannot be used ({why})", capability.cost, capability.remedy
            )
        else:
            usable.append(capability.name)
    if usable:
        yield well(f"kernel: {', '.join(usable)}")


def check_settings() -> Iterator[Finding]:
    """What the administrator of the machine has decided."""
    scope = _number("kernel/yama/ptrace_scope")
    if scope is not None and scope >= (2 if os.geteuid() else 3):
        yield lacking(
            f"kernel.yama.ptrace_scope is {scope}",
            "%debug cannot attach a debugger to the program",
            "sysctl kernel.yama.ptrace_scope=1",
        )
    if _number("vm/overcommit_memory") == 2:
        yield lacking(
            "vm.overcommit_memory is 2",
            "each checkpoint counts in full, so that memory is refused early",
            "sysctl vm.overcommit_memory=0",
        )
    noexec = _number("vm/memfd_noexec") or 0
    yield well(f"settings: ptrace_scope {_shown(scope)}, memfd_noexec {noexec}, {_filter()}")


def check_limits() -> Iterator[Finding]:
    """What ``ulimit`` says."""
    set_ones = []
    for number, option, least, cost in _LIMITS:
        soft = soft_limit(number)
        if soft == resource.RLIM_INFINITY:
            continue
        set_ones.append(f"{option} {shown_limit(number, soft)}")
        if soft < least:
            yield lacking(
                f"ulimit {option} is {shown_limit(number, soft)}",
                cost,
                f"raise it to {shown_limit(number, least)} or more",
            )
    yield well(f"limits: {', '.join(set_ones) or 'none'}")


_EVER = 1 << 62  # more than any limit
_LIMITS = (
    (resource.RLIMIT_NOFILE, "-n", 64, "few moments to go back to are kept, below 20 none"),
    (
        resource.RLIMIT_AS,
        "-v",
        2048 * _MIB,
        "large programs and headers do not fit, below 500 MiB nothing does",
    ),
    (resource.RLIMIT_DATA, "-d", 512 * _MIB, "large programs and headers do not fit"),
    (
        resource.RLIMIT_FSIZE,
        "-f",
        LEAST_SHARED,
        "files with main() cannot be compiled, no caches are written, and code reaches the "
        "program through a socket",
    ),
    (resource.RLIMIT_NPROC, "-u", 64, "checkpoints cannot be made: a crash loses earlier inputs"),
    (resource.RLIMIT_STACK, "-s", _MIB, "deep recursion ends the program, and Clang, early"),
    (resource.RLIMIT_CPU, "-t", _EVER, "the shell is ended when it has used so much time"),
)


def _number(name: str) -> int | None:
    try:
        return int((_SYSTEM / name).read_text())
    except (OSError, ValueError):
        return None


def _shown(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _filter() -> str:
    from runtime.executor_client.process_status import process_status

    mode = process_status(os.getpid()).get("Seccomp", "unknown")
    return {"0": "no seccomp filter", "2": "a seccomp filter"}.get(mode, f"seccomp {mode}")
