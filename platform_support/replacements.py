"""Names that the user's code does not get from the C library but from us."""

from __future__ import annotations

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
}
"""The C library's name, and the function of ``native/`` that replaces it."""
