"""Running code in the controller's own process, through the platform library.

For tests and for measuring what the other process costs: a crash of the code is a
crash of the shell.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runtime.addresses import PAGE_SIZE, ExecutorAddress, Protection
from runtime.errors import ExecutorError, describe_error
from runtime.executor_client.interface import Patch, SymbolDescription, ThreadArea, UnitRegistration
from runtime.kernel_calls.memory_files import REFUSED
from runtime.protocol.machine import OWN_MACHINE
from runtime.protocol.wire import (
    MAX_VALUE,
    MOST_CAUSES,
    MOST_THROW_FRAMES,
    Keep,
    LookAtValue,
    Outcome,
    ThrownException,
    Value,
    signals_in,
)

_MAP_PRIVATE_NORESERVE = 0x02 | 0x4000
_MAP_ANONYMOUS = 0x20
_MAP_32BIT = 0x40
_MADV_DONTNEED = 4
_TEXT_SIZES = (512, 4096)  # FORKREPL_EXCEPTION_TYPE_SIZE, ..._WHAT_SIZE


class _Unit(ctypes.Structure):
    _fields_ = [
        ("dso_handle", ctypes.c_uint64),
        ("text_start", ctypes.c_uint64),
        ("text_size", ctypes.c_uint64),
        ("eh_frame", ctypes.c_uint64),
        ("tls_module", ctypes.c_uint64),
        ("tls_image", ctypes.c_uint64),
        ("tls_size", ctypes.c_uint64),
        ("tls_align", ctypes.c_uint64),
        ("tls_offset", ctypes.c_int64),
        ("moves", ctypes.POINTER(ctypes.c_uint64)),
        ("move_count", ctypes.c_size_t),
        ("finalizers", ctypes.POINTER(ctypes.c_uint64)),
        ("finalizer_count", ctypes.c_size_t),
    ]


class _Value(ctypes.Structure):
    _fields_ = [
        ("address", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("kept", ctypes.c_uint64),
        ("keep", ctypes.c_uint32),
    ]


_LOOK = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Value))


class _Trace(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_uint32),
        ("is_complete", ctypes.c_uint32),
        ("frames", ctypes.c_uint64 * MOST_THROW_FRAMES),
    ]


class _Cause(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char * _TEXT_SIZES[0]),
        ("what", ctypes.c_char * _TEXT_SIZES[1]),
        ("trace", _Trace),
    ]


class _Outcome(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("status", ctypes.c_int32),
        ("restored_signals", ctypes.c_uint64),
        ("exception_type", ctypes.c_char * _TEXT_SIZES[0]),
        ("exception_what", ctypes.c_char * _TEXT_SIZES[1]),
        ("trace", _Trace),
        ("cause_count", ctypes.c_uint32),
        ("causes", _Cause * MOST_CAUSES),
    ]


class _Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def _copy_by_pipe(address: int, into: _Iovec) -> int:
    """Have the kernel copy, where process_vm_readv(2) is refused: a bad address is an error. At
    most a page, which fits into every pipe. How many bytes there were."""
    reading, writing = os.pipe()
    try:
        done = os.write(writing, (ctypes.c_char * into.size).from_address(address))
        ctypes.memmove(into.base, os.read(reading, done), done)
    except OSError:
        return 0
    finally:
        os.close(reading)
        os.close(writing)
    return done


class InProcessExecutor:
    """An ``ExecutorProcessControl`` without another process."""

    def __init__(self, platform_library: Path) -> None:
        # Global, as the user's code binds to it and to the C++ library behind it.
        self._platform = ctypes.CDLL(os.fspath(platform_library), ctypes.RTLD_GLOBAL)
        self._platform.forkrepl_open_memory.restype = ctypes.c_void_p
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.mmap.restype = ctypes.c_void_p
        self._platform.forkrepl_find_symbol.restype = ctypes.c_void_p
        self._libc.dlerror.restype = ctypes.c_char_p
        self._libc.process_vm_readv.restype = ctypes.c_ssize_t
        self._arguments: object = None  # the program may keep pointers to them

    @property
    def machine(self) -> int:
        """See ``ExecutorProcessControl``."""
        return OWN_MACHINE

    def map_memory(self, size: int, descriptor: int | None, low: bool = False) -> ExecutorAddress:
        """See ``ExecutorProcessControl``, as for all methods here."""
        flags = _MAP_PRIVATE_NORESERVE | (_MAP_ANONYMOUS if descriptor is None else 0)
        flags |= _MAP_32BIT if low else 0
        file = -1 if descriptor is None else descriptor
        address = self._libc.mmap(None, ctypes.c_size_t(size), 0, flags, file, ctypes.c_long(0))
        if address is None or address == ctypes.c_void_p(-1).value:
            raise ExecutorError(describe_error(ctypes.get_errno()))
        return ExecutorAddress(address)

    def unmap_memory(self, address: ExecutorAddress, size: int) -> None:
        """Undo ``map_memory``."""
        self._check(self._libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size)))

    def protect_memory(
        self, ranges: list[tuple[ExecutorAddress, int, Protection]], *, postponed: bool = False
    ) -> None:
        """Refuses what would be writable and executable. At once, as nobody waits for it."""
        for address, size, protection in ranges:
            if protection & Protection.WRITE and protection & Protection.EXEC:
                raise ExecutorError("memory must not be writable and executable")
            where = (ctypes.c_void_p(address), ctypes.c_size_t(size))
            self._check(self._libc.mprotect(*where, int(protection)))
            if not protection:
                self._check(self._libc.madvise(*where, _MADV_DONTNEED))

    def write_memory(self, address: ExecutorAddress, data: bytes) -> None:
        """The memory must be writable: this process would not survive a mistake."""
        ctypes.memmove(address, data, len(data))

    def patch_code(self, patches: Sequence[Patch]) -> None:
        """By way of the kernel, which writes what this process itself may not."""
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            for patch in patches:
                os.pwrite(memory.fileno(), patch.bytes, patch.address)

    def read_memory(self, address: ExecutorAddress, size: int) -> bytes:
        """Page by page, as a request that ends in a bad page copies nothing of it."""
        buffer = ctypes.create_string_buffer(size)
        done = 0
        while done < size:
            piece = min(PAGE_SIZE - (address + done) % PAGE_SIZE, size - done)
            local = _Iovec(ctypes.addressof(buffer) + done, piece)
            remote = _Iovec(address + done, piece)
            got = self._libc.process_vm_readv(
                os.getpid(), ctypes.byref(local), 1, ctypes.byref(remote), 1, 0
            )
            if got < 0 and ctypes.get_errno() in REFUSED:
                got = _copy_by_pipe(address + done, local)
            if got <= 0:
                break
            done += got
        return buffer.raw[:done]

    def name_at(self, address: ExecutorAddress) -> str:
        """No answer: nothing that runs in this process is printed with names."""
        return ""

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        """See ``ExecutorProcessControl``."""
        find = self._platform.forkrepl_find_symbol
        return [ExecutorAddress(find(os.fsencode(name)) or 0) for name in names]

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        """See ``ExecutorProcessControl``."""
        found = []
        for name in names:
            module, offset = ctypes.c_uint64(), ctypes.c_int64()
            self._platform.forkrepl_find_thread_local(
                os.fsencode(name), ctypes.byref(module), ctypes.byref(offset)
            )
            found.append((module.value, offset.value))
        return found

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        """See ``ExecutorProcessControl``."""
        found = []
        for name in names:
            words = [ctypes.c_uint64() for _ in range(3)]
            self._platform.forkrepl_describe_symbol(os.fsencode(name), *map(ctypes.byref, words))
            address, size, is_variable = (word.value for word in words)
            found.append(SymbolDescription(ExecutorAddress(address), size, bool(is_variable)))
        return found

    def thread_area(self) -> ThreadArea:
        """Our part of each thread's static block: a small one, see the platform library."""
        offset, size, align = ctypes.c_int64(), ctypes.c_uint64(), ctypes.c_uint64()
        self._platform.forkrepl_thread_area(*map(ctypes.byref, (offset, size, align)))
        return ThreadArea(offset.value, size.value, align.value)

    def load_library(self, path: str) -> None:
        """With RTLD_NOW | RTLD_GLOBAL."""
        try:
            ctypes.CDLL(path, ctypes.RTLD_GLOBAL)
        except OSError as error:
            raise ExecutorError(str(error)) from error
        self._platform.forkrepl_library_opened()

    def open_exports(self, shared_object: bytes) -> int:
        """See ``ExecutorProcessControl``."""
        size = ctypes.c_size_t(len(shared_object))
        handle = self._platform.forkrepl_open_memory(shared_object, size)
        if not handle:
            raise ExecutorError((self._libc.dlerror() or b"").decode("utf-8", "replace"))
        return int(handle)

    def close_exports(self, handle: int) -> None:
        """See ``ExecutorProcessControl``."""
        error = self._platform.forkrepl_close_memory(ctypes.c_void_p(handle))
        if error:
            raise ExecutorError(describe_error(error))

    def add_debug_object(self, dso_handle: ExecutorAddress, contents: bytes) -> None:
        """See ``ExecutorProcessControl``."""
        handle, size = ctypes.c_uint64(dso_handle), ctypes.c_size_t(len(contents))
        error = self._platform.forkrepl_debugger_add(handle, contents, size)
        if error:
            raise ExecutorError(describe_error(error))

    def append_perf_map(self, lines: bytes) -> None:
        """See ``ExecutorProcessControl``."""
        size = ctypes.c_size_t(len(lines))
        error = self._platform.forkrepl_perf_map_append(lines, size)
        if error:
            raise ExecutorError(
                f"/tmp/perf-{os.getpid()}.map cannot be written: {describe_error(error)}"
            )

    def register_unit(self, unit: UnitRegistration, *, postponed: bool = False) -> None:
        """The platform library copies the finalizers."""
        words = [word for m in unit.moves for word in (m.source, m.destination, m.size)]
        moves = (ctypes.c_uint64 * len(words))(*words)
        finalizers = (ctypes.c_uint64 * len(unit.finalizers))(*unit.finalizers)
        image = unit.thread_locals
        description = _Unit(
            unit.dso_handle,
            unit.text,
            unit.text_size,
            unit.eh_frame,
            image.module,
            image.address,
            image.size,
            image.align,
            image.offset,
            ctypes.cast(moves, ctypes.POINTER(ctypes.c_uint64)),
            len(unit.moves),
            ctypes.cast(finalizers, ctypes.POINTER(ctypes.c_uint64)),
            len(unit.finalizers),
        )
        error = self._platform.forkrepl_unit_register(ctypes.byref(description))
        if error:
            raise ExecutorError(describe_error(error))

    def interpose(
        self, dso_handle: ExecutorAddress, functions: Mapping[str, ExecutorAddress]
    ) -> None:
        """Nothing: the libraries of this process are the shell's, too."""

    def choose_functions(
        self, functions: Sequence[tuple[ExecutorAddress, ExecutorAddress]]
    ) -> None:
        """See ``ExecutorProcessControl``."""
        words = [word for pair in functions for word in pair]
        pairs = (ctypes.c_uint64 * len(words))(*words)
        self._platform.forkrepl_choose_functions(pairs, ctypes.c_size_t(len(functions)))

    def close_unit(self, dso_handle: ExecutorAddress) -> Outcome:
        """See ``ExecutorProcessControl``."""
        outcome = _Outcome()
        error = self._platform.forkrepl_unit_close(
            ctypes.c_uint64(dso_handle), ctypes.byref(outcome)
        )
        if error:
            raise ExecutorError(describe_error(error))
        return _read(outcome)

    def run(self, functions: Sequence[ExecutorAddress], look: LookAtValue | None = None) -> Outcome:
        """See ``ExecutorProcessControl``."""
        outcome = _Outcome()
        failures: list[Exception] = []

        def show(pointer: Any) -> None:
            try:
                if look is not None:
                    look(self._read_value(pointer.contents))
            except Exception as error:
                failures.append(error)

        callback = _LOOK(show)
        self._platform.forkrepl_attend_values(callback)
        self._platform.forkrepl_run(
            (ctypes.c_uint64 * len(functions))(*functions),
            ctypes.c_size_t(len(functions)),
            ctypes.byref(outcome),
        )
        self._platform.forkrepl_attend_values(None)
        if failures:
            raise failures[0]
        return _read(outcome)

    def run_main(self, function: ExecutorAddress, arguments: list[str]) -> Outcome:
        """See ``ExecutorProcessControl``."""
        outcome = _Outcome()
        self._platform.forkrepl_run_main(
            ctypes.c_uint64(function),
            len(arguments),
            self._keep_arguments(arguments),
            ctypes.byref(outcome),
        )
        return _read(outcome)

    def set_arguments(self, arguments: list[str]) -> None:
        """See ``ExecutorProcessControl``."""
        count = ctypes.c_int.in_dll(self._platform, "forkrepl_argc")
        vector = ctypes.c_void_p.in_dll(self._platform, "forkrepl_argv")
        count.value = len(arguments)
        vector.value = ctypes.addressof(self._keep_arguments(arguments))

    def attend_exit(self) -> None:
        """From now on this process's end by ``exit`` or ``quick_exit`` runs what units
        have registered, so their memory must stay."""
        self._platform.forkrepl_attend_exit(None)

    def shutdown(self, status: int = 0) -> int:
        """Run what is registered; this process goes on."""
        self._platform.forkrepl_end(ctypes.c_int(status))
        return status & 0xFF

    def _keep_arguments(self, arguments: list[str]) -> ctypes.Array[ctypes.c_char_p]:
        encoded = [argument.encode("utf-8", "surrogateescape") for argument in arguments]
        vector = (ctypes.c_char_p * (len(encoded) + 1))(*encoded, None)
        self._arguments = (self._arguments, vector)
        return vector

    def _read_value(self, value: _Value) -> Value:
        data = self.read_memory(ExecutorAddress(value.address), min(value.size, MAX_VALUE))
        return Value(value.address, value.size, value.kept, Keep(value.keep), data)

    def _check(self, result: int) -> None:
        if result:
            raise ExecutorError(describe_error(ctypes.get_errno()))


def _read(outcome: _Outcome) -> Outcome:
    name, what = (
        each.decode("utf-8", "replace") for each in (outcome.exception_type, outcome.exception_what)
    )
    return Outcome(
        status=outcome.status,
        exceptions=(ThrownException(name, what),) if outcome.kind else (),
        restored_signals=signals_in(outcome.restored_signals),
    )
