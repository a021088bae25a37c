"""Why a program crashed: the first line of a crash report."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from repl.crash_reports.assertions import describe_assertion
from runtime.addresses import Protection
from runtime.errors import printable
from runtime.protocol.crash import CrashReport, Mapping

if TYPE_CHECKING:
    from runtime.units.execution_session import ExecutionSession

CRASH_SIGNALS = frozenset(
    (
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGABRT,
        signal.SIGTRAP,
        signal.SIGSYS,
    )
)
"""Those of which the executor tells."""

_NULL_POINTERS = 1 << 16  # addresses below are a member or an element of a null pointer
_STACK_SLACK = 1 << 16  # bytes below the stack pointer that may be a frame's
_UNDEFINED_INSTRUCTIONS = (b"\x0f\x0b", b"\x0f\xb9", b"\x67\x0f\xb9")  # ud2, ud1

# si_code (sigaction(2), <bits/siginfo-consts.h>)
_SI_KERNEL = 0x80
_BUS_ADRALN, _BUS_ADRERR = 1, 2
_FPE_CAUSES = {
    1: "integer division by zero, or its result is too large",
    2: "integer overflow",
    3: "floating-point division by zero",
    4: "floating-point overflow",
    5: "floating-point underflow",
    6: "floating-point inexact result",
    7: "invalid floating-point operation",
    8: "subscript out of range",
}


def describe_cause(crash: CrashReport, caller: str, execution: ExecutionSession | None) -> str:
    """One line, without the signal's name.

    ``caller``: for an abort, which function of a library called it, if one did.
    """
    if crash.sender and crash.signal == signal.SIGABRT and crash.sender == crash.process:
        if crash.assertion:
            return describe_assertion(crash.assertion)
        return _describe_abort(caller, has_exception=bool(crash.thrown))
    if crash.sender:
        own = crash.sender == crash.process
        return f"sent by {'the program itself' if own else f'process {crash.sender}'}"
    if crash.signal == signal.SIGSEGV:
        return _describe_fault(crash, execution)
    if crash.signal == signal.SIGBUS:
        return _describe_bus_error(crash)
    if crash.signal == signal.SIGFPE:
        return _FPE_CAUSES.get(crash.code, "arithmetic error")
    if crash.signal == signal.SIGILL:
        if crash.instruction.startswith(_UNDEFINED_INSTRUCTIONS):
            return "trap: __builtin_trap, or the end of a function without return"
        return "illegal instruction"
    if crash.signal == signal.SIGTRAP:
        return "breakpoint: __builtin_debugtrap or int3, and no debugger"
    if crash.signal == signal.SIGINT:
        return "Ctrl-C, or sent to the program"
    if crash.signal == signal.SIGSYS:
        return f"system call number {crash.access} is not allowed"
    return "a fault"


def _describe_abort(caller: str, *, has_exception: bool) -> str:
    function, _, library = caller.partition(" (")
    if function in ("", "abort"):
        return "abort was called"
    if function.startswith("__assert"):
        return "an assertion failed"
    if library.startswith("libstdc++"):
        is_terminate = has_exception and function == "std::terminate()"
        if is_terminate or function in ("__cxa_throw", "__cxa_rethrow"):
            return "an exception that nobody catches"
        return f"{function} was called"
    if function.startswith(("__stack_chk", "__fortify", "__chk")):
        return "a buffer was overrun"
    return f"{function} called abort: is the heap damaged?"


def _describe_fault(crash: CrashReport, execution: ExecutionSession | None) -> str:
    if crash.code == _SI_KERNEL and crash.address == 0:
        # A general protection fault. The processor does not say which.
        return "access to what is no address, or is not aligned for a vector instruction"
    if crash.is_fetch:
        verb = "call of" if crash.address == crash.pc else "execution of"
    else:
        verb = "write to" if crash.is_write else "read from"
    access = f"{verb} address {crash.address:#x}"
    if crash.address < _NULL_POINTERS:
        kind = "null function pointer" if crash.is_fetch else "null pointer"
        return f"{access} ({kind}{f', offset {crash.address}' if crash.address else ''})"
    if _is_stack_overflow(crash):
        return "stack overflow: endless recursion?"
    return f"{access}: {_describe_place(crash, execution)}"


def _is_stack_overflow(crash: CrashReport) -> bool:
    """Whether the address is just below a stack, near the stack pointer."""
    at, above = crash.mapping_at_address(), crash.mapping_above()
    if at is not None and at.protection:
        return False
    if above is None or not above.protection & Protection.WRITE:
        return False
    return crash.sp - _STACK_SLACK <= crash.address and crash.sp < above.end


def _describe_place(crash: CrashReport, execution: ExecutionSession | None) -> str:
    thing = execution.what_is_at(crash.address) if execution else None
    if thing is not None:
        return thing.description + _denied(crash, thing.protection)
    mapping = crash.mapping_at_address()
    if mapping is None:
        return "nothing is there"
    name = _mapping_name(mapping)
    return f"{name or 'memory'}{_denied(crash, mapping.protection)}"


def _denied(crash: CrashReport, protection: Protection) -> str:
    """What may not be done to memory that is there."""
    if crash.is_fetch:
        needed, denied = Protection.EXEC, "not executable"
    elif crash.is_write:
        needed, denied = Protection.WRITE, "cannot be written"
    else:
        needed, denied = Protection.READ, "cannot be read"
    return f" ({denied})" if protection and not protection & needed else ""


def _mapping_name(mapping: Mapping) -> str:
    if "forkrepl-slab" in mapping.name:
        return "memory for inputs that is not in use"
    return printable(mapping.name.rpartition("/")[2])


def _describe_bus_error(crash: CrashReport) -> str:
    if crash.code == _BUS_ADRALN:
        return "misaligned access"
    mapping = crash.mapping_at_address()
    name = _mapping_name(mapping) if mapping else ""
    if crash.code == _BUS_ADRERR and name:
        return f"access to address {crash.address:#x}: beyond the end of the file {name}"
    return f"access to address {crash.address:#x}, where there is no memory"
