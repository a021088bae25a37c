"""What the controller can ask of the process in which the code runs (ORC's term).

``ExecutorProcess`` is a child process, ``RemoteExecutor`` one behind a listener,
``InProcessExecutor`` the controller itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from runtime.addresses import ExecutorAddress, Protection, ThreadLocalImage
from runtime.protocol.wire import LookAtValue, Outcome


class SymbolDescription(Struct, frozen=True):
    """What the process knows of a symbol; ``size`` in bytes."""

    address: ExecutorAddress
    size: int
    is_variable: bool


class ThreadArea(Struct, frozen=True):
    """Room for thread-local variables at a fixed place: ``offset`` from the thread
    pointer, ``size`` and ``align`` in bytes."""

    offset: int
    size: int
    align: int


class Move(Struct, frozen=True):
    """A variable of a library that a unit holds from now on; ``size`` in bytes."""

    source: ExecutorAddress
    destination: ExecutorAddress
    size: int


class Patch(Struct, frozen=True):
    """At most 16 bytes that are to be in the place of code."""

    address: ExecutorAddress
    bytes: bytes


class UnitRegistration(Struct, frozen=True):
    """What the platform library must know of a link unit (``struct forkrepl_unit``)."""

    dso_handle: ExecutorAddress
    text: ExecutorAddress
    text_size: int
    eh_frame: ExecutorAddress
    thread_locals: ThreadLocalImage
    finalizers: Sequence[ExecutorAddress]
    moves: Sequence[Move]


class ExecutorProcessControl(Protocol):
    """Methods raise ExecutorError if a request is refused and, where the process is
    another one, ExecutorDied if it has ended."""

    @property
    def machine(self) -> int:
        """The ``e_machine`` of what it runs."""

    # Memory.

    def map_memory(self, size: int, descriptor: int | None, low: bool = False) -> ExecutorAddress:
        """Map a memfd privately, or memory of the process's own without one;
        inaccessible, wherever there is room, or with ``low`` in the first 2 GiB."""

    def unmap_memory(self, address: ExecutorAddress, size: int) -> None:
        """Undo ``map_memory``."""

    def protect_memory(
        self, ranges: list[tuple[ExecutorAddress, int, Protection]], *, postponed: bool = False
    ) -> None:
        """Set protections of ranges of mapped memory; ``Protection.NONE`` also drops
        the process's own pages. Never writable and executable.

        ``postponed``: it may go together with the next request, which then raises the refusal
        of this one (``ExecutorError.was_postponed``)."""

    def write_memory(self, address: ExecutorAddress, data: bytes) -> None:
        """Copy bytes into memory that has been mapped and made writable."""

    def patch_code(self, patches: Sequence[Patch]) -> None:
        """Put other bytes in the place of code, in this process only: not in checkpoints that
        were made before."""

    def read_memory(self, address: ExecutorAddress, size: int) -> bytes:
        """Up to ``size`` bytes; fewer (or none) where memory cannot be read."""

    # Symbols.

    def name_at(self, address: ExecutorAddress) -> str:
        """The symbol of a function or variable of a library's that begins at an address;
        empty if there is none."""

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        """Addresses of names in the process and its libraries; 0 where there is none."""

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        """What names in the process and its libraries stand for."""

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        """Module and offset, for ``__tls_get_addr``, of thread-local variables; module
        0 where there is none, ``STATIC_MODULE`` where the offset is from the thread
        pointer."""

    def thread_area(self) -> ThreadArea:
        """The part of each thread's static block that is ours."""

    def load_library(self, path: str) -> None:
        """dlopen(3) with RTLD_NOW | RTLD_GLOBAL. Raises ExecutorError with its reason."""

    def open_exports(self, shared_object: bytes) -> int:
        """dlopen(3) what ``exported_symbols.shared_object`` has made; its handle.

        Libraries that are opened from now on bind to its symbols.
        """

    def close_exports(self, handle: int) -> None:
        """dlclose(3) it."""

    # Link units.

    def add_debug_object(self, dso_handle: ExecutorAddress, contents: bytes) -> None:
        """Show debuggers what ``debug_objects`` has made of an object of the unit that
        will be registered next; it goes with the unit, or if that is refused."""

    def append_perf_map(self, lines: bytes) -> None:
        """Tell perf what ``perf_map`` says."""

    def register_unit(self, unit: UnitRegistration, *, postponed: bool = False) -> None:
        """Tell the platform library about a unit whose memory is in place. ``postponed``: as of
        ``protect_memory``."""

    def interpose(
        self, dso_handle: ExecutorAddress, functions: Mapping[str, ExecutorAddress]
    ) -> None:
        """Libraries call these functions of a unit from now on, instead of their own of
        these names, until the unit is closed."""

    def choose_functions(
        self, functions: Sequence[tuple[ExecutorAddress, ExecutorAddress]]
    ) -> None:
        """For each (slot, resolver): store what the resolver returns in the slot."""

    def close_unit(self, dso_handle: ExecutorAddress) -> Outcome:
        """Run a unit's handlers and finalizers and forget it."""

    def run(self, functions: Sequence[ExecutorAddress], look: LookAtValue | None = None) -> Outcome:
        """Call functions of type ``void(void)`` in order.

        ``look`` is called with the value of an expression without ``;`` in the midst of
        it, while the program waits and its memory can be read. What it raises is raised
        when the program has gone on and ended; but KeyboardInterrupt only stops the
        looking.
        """

    def run_main(self, function: ExecutorAddress, arguments: list[str]) -> Outcome:
        """Call ``int main(int, char **, char **)``."""

    def shutdown(self, status: int = 0) -> int:
        """Let the program end as by ``exit(status)``, running what is registered.

        Returns its exit status, which a handler may have changed.
        """

    def set_arguments(self, arguments: list[str]) -> None:
        """What the program sees as ``argc`` and ``argv`` before main is called."""
