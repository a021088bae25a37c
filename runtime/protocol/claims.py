"""Numbers that the executor has told, made sure of: the user's program may have overwritten it, and
behind a listener it may be anybody's.

Whatever goes on from here into arithmetic, the linker's above all, is in the range that its name
promises. Addresses of values are not checked here: a program may rightly show an object that cannot
be, and reading it says so.
"""

from __future__ import annotations

from runtime.addresses import PAGE_SIZE, STATIC_MODULE, USER_SPACE_END, ExecutorAddress
from runtime.errors import ExecutorError, printable

_MOST_PROCESSES = 1 << 22  # PID_MAX_LIMIT of Linux
_MOST_MODULES = 1 << 32  # of thread-locals; the C library counts them
_MOST_THREAD_AREA = 1 << 20  # bytes
_ALIGNMENTS = (16, 32, 64)


def claimed_process(number: int) -> int:
    """The number of a process. Raises ExecutorError."""
    if not 0 < number <= _MOST_PROCESSES:
        raise ExecutorError(f"the executor says that it is process {number}, which cannot be")
    return number


def claimed_machine(number: int) -> int:
    """The ``e_machine`` of the code that it runs. Raises ExecutorError."""
    if not 0 < number < 1 << 16:
        raise ExecutorError(f"the executor says that its machine is {number}, which cannot be")
    return number


def check_page_size(size: int) -> None:
    """Raises ExecutorError for pages that memory cannot be shared out in."""
    if size != PAGE_SIZE:
        raise ExecutorError(
            f"the executor says that its pages have {size} bytes: code can be run only where they "
            f"have {PAGE_SIZE}"
        )


def claimed_address(word: int, name: str) -> ExecutorAddress:
    """The address of a symbol, 0 if it has none. Raises ExecutorError."""
    if not 0 <= word < USER_SPACE_END:
        raise ExecutorError(
            f"the executor says that {printable(name)} is at {word:#x}, where no program has memory"
        )
    return ExecutorAddress(word)


def claimed_symbol(words: tuple[int, ...], name: str) -> tuple[ExecutorAddress, int, bool]:
    """Address and size of a symbol, and whether it is a variable. Raises ExecutorError."""
    word, size, is_variable = words
    address = claimed_address(word, name)
    if not 0 <= size <= USER_SPACE_END - address or is_variable not in (0, 1):
        raise ExecutorError(f"malformed answer about the symbol {printable(name)}")
    return address, size, bool(is_variable)


def claimed_memory(word: int, size: int) -> ExecutorAddress:
    """Where so many bytes have been reserved. Raises ExecutorError."""
    if not PAGE_SIZE <= word <= USER_SPACE_END - size or word % PAGE_SIZE:
        raise ExecutorError(f"the executor says that it has reserved memory at {word:#x}")
    return ExecutorAddress(word)


def claimed_thread_local(words: tuple[int, ...], name: str) -> tuple[int, int]:
    """Module and offset of a thread-local variable, see ``ExecutorProcessControl``. Raises
    ExecutorError."""
    module, offset = words
    is_module = 0 <= module < _MOST_MODULES or module == STATIC_MODULE
    if not is_module or not -USER_SPACE_END < offset < USER_SPACE_END:
        raise ExecutorError(f"malformed answer about the thread-local {printable(name)}")
    return module, offset


def claimed_thread_area(offset: int, size: int, alignment: int) -> tuple[int, int, int]:
    """The block of the threads' static memory. Raises ExecutorError."""
    is_near = -USER_SPACE_END < offset < USER_SPACE_END
    if not is_near or not 0 <= size <= _MOST_THREAD_AREA or alignment not in _ALIGNMENTS:
        raise ExecutorError("malformed answer about the threads' static block")
    return offset, size, alignment
