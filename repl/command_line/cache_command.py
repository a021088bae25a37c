"""``forkrepl --build-cache``: precompile the standard headers now, for the flags given."""

from __future__ import annotations

from msgspec.structs import replace

from repl.clang.header_cache.builder import BuildFailed, build
from repl.configuration.session_options import SessionOptions
from repl.errors import ShellError
from repl.session.session_headers import common_headers, find_caches


def build_cache(options: SessionOptions) -> int:
    """Make what is missing: the exit status. Raises ShellError."""
    caches = find_caches(replace(options, library_assertions=True))
    if not caches:
        raise ShellError(
            "headers cannot be precompiled with these options or in this environment (of Clang's "
            "options, only -std -x -O -g and -W go with --build-cache)"
        )
    try:
        for cache in caches:
            build(cache, common_headers(cache), print)
    except BuildFailed as error:
        raise ShellError(f"cannot fill the cache: {error}") from error
    print(f"the cache is ready: {caches[0].folder}")
    return 0
