"""Names that the user's code does not get from the C library but from us."""

from __future__ import annotations

from collections.abc import Set

REPLACEMENTS = {
    "atexit": "forkrepl_atexit",
    "__cxa_atexit": "forkrepl_cxa_atexit",
    "on_exit": "forkrepl_on_exit",
    "at_quick_exit": "forkrepl_at_quick_exit",
    "__cxa_at_quick_exit": "forkrepl_cxa_at_quick_exit",
    "quick_exit": "forkrepl_quick_exit",
    "__cxa_finalize": "forkrepl_cxa_finalize",
    "__cxa_thread_atexit": "forkrepl_thread_atexit",
    "__cxa_thread_atexit_impl": "forkrepl_thread_atexit",
    "pthread_atfork": "forkrepl_pthread_atfork",
    "__register_atfork": "forkrepl_register_atfork",
    "pthread_key_create": "forkrepl_key_create",
    "__pthread_key_create": "forkrepl_key_create",
    "pthread_key_delete": "forkrepl_key_delete",
    "tss_create": "forkrepl_tss_create",
    "tss_delete": "forkrepl_tss_delete",
    "__tls_get_addr": "forkrepl_tls_get_addr",
    "_ZSt21__glibcxx_assert_failPKciS0_S0_": "forkrepl_assertion_failed",
    "__asan_register_globals": "forkrepl_register_globals",
    "__asan_unregister_globals": "forkrepl_unregister_globals",
    "__asan_register_elf_globals": "forkrepl_register_elf_globals",
    "__asan_unregister_elf_globals": "forkrepl_unregister_elf_globals",
}
"""The C library's name, and the function of ``native/`` that replaces it."""

_SINGLE = ("m", "mRKSt9nothrow_t", "mSt11align_val_t", "mSt11align_val_tRKSt9nothrow_t")
_DELETED = ("Pv", "Pvm", "PvSt11align_val_t", "PvmSt11align_val_t")
_UNTHROWN = ("PvRKSt9nothrow_t", "PvSt11align_val_tRKSt9nothrow_t")
_OPERATORS = frozenset(
    [f"_Z{operator}{suffix}" for operator in ("nw", "na") for suffix in _SINGLE]
    + [f"_Z{operator}{suffix}" for operator in ("dl", "da") for suffix in _DELETED + _UNTHROWN]
)
_ALLOCATORS = frozenset({"malloc", "free", "calloc", "realloc"})
_ALIGNED = frozenset({"aligned_alloc", "memalign", "posix_memalign", "pvalloc", "valloc"})


def interposed(names: Set[str], *, is_program: bool) -> list[str]:
    """Of the functions that a unit defines those that libraries are to call, too.

    All forms of ``operator new`` and ``delete``. The C library's allocator only if all of
    it is replaced and nothing of the program has run (``is_program``): nobody may free by
    one what another has allocated.
    """
    found = _OPERATORS & names
    if is_program and names >= _ALLOCATORS:
        found |= (_ALLOCATORS | _ALIGNED) & names
    return sorted(found)


def kept_by_libraries(names: Set[str], *, is_program: bool) -> list[str]:
    """Of the functions that a unit defines those of which libraries keep their own."""
    return sorted((_ALLOCATORS & names) - set(interposed(names, is_program=is_program)))
