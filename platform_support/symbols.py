"""Names that the user's code does not get from the C library but from us."""

from __future__ import annotations

REPLACEMENTS = {
    "atexit": "forkrepl_atexit",
    "__cxa_atexit": "forkrepl_cxa_atexit",
    "__cxa_finalize": "forkrepl_cxa_finalize",
    "__cxa_thread_atexit": "forkrepl_thread_atexit",
    "__cxa_thread_atexit_impl": "forkrepl_thread_atexit",
    "__tls_get_addr": "forkrepl_tls_get_addr",
}
"""The C library's name, and the function of ``native/`` that replaces it."""
