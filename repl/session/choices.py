"""The keywords of ``Session(...)``, for those who use it as a library."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from repl.clang.flags import NEWEST_STANDARDS
from repl.clang.options.gathering import gather
from repl.clang.options.reading import read_options
from repl.configuration.memory_size import parse_memory_limit
from repl.configuration.session_options import SessionOptions, with_sanitizers
from runtime.protocol.listener_address import Listener


class Choices(TypedDict, total=False):
    """See ``Session.__init__``."""

    language: Literal["c++", "c"]
    std: str
    include: Sequence[str | os.PathLike[str]]
    define: Mapping[str, object]
    flags: Sequence[str]
    optimisation: int
    libraries: Sequence[str]
    library_folders: Sequence[str | os.PathLike[str]]
    arguments: Sequence[str]
    memory_limit: int | str
    recover: bool
    redefinition: bool
    private_input: bool
    parse_timeout: float
    listener: Listener


_PASSED = ("arguments", "recover", "redefinition", "private_input", "parse_timeout", "listener")
_SEQUENCES = ("include", "flags", "libraries", "library_folders", "arguments")


def chosen_options(choices: Choices) -> SessionOptions:
    """Raises TypeError or ValueError for what is no choice, WrongOption for flags that are
    none of Clang's or have no place here."""
    unknown = [name for name in choices if name not in Choices.__annotations__]
    if unknown:
        raise TypeError(
            f"Session() has no keyword {unknown[0]!r}; it has {', '.join(Choices.__annotations__)}"
        )
    for name in _SEQUENCES:
        if isinstance(choices.get(name), str | bytes):
            raise TypeError(f"{name} is a list of strings, not one: [{choices.get(name)!r}]")
    level = choices.get("optimisation", 0)
    if level not in (0, 1, 2, 3):
        raise ValueError(f"optimisation is 0, 1, 2 or 3, not {level!r}")
    compiler = gather(read_options(choices.get("flags", ())))
    passed: dict[str, Any] = {name: choices.get(name) for name in _PASSED if name in choices}
    options = SessionOptions(
        **{"recover": True, "raises_interrupts": True} | passed,
        compiler_flags=[*_flags(choices, compiler.language), *compiler.flags],
        optimisation=level if compiler.optimisation is None else compiler.optimisation,
        libraries=[*choices.get("libraries", ()), *compiler.to_load],
        library_folders=[
            *(os.fspath(folder) for folder in choices.get("library_folders", ())),
            *compiler.folders,
        ],
        memory_limit=_memory_limit(choices),
    )
    return with_sanitizers(options)


def _flags(choices: Choices, said: str | None) -> list[str]:
    """``said``: what ``-x`` among the flags says of the language."""
    language = said or choices.get("language", "c++")
    if language not in ("c", "c++"):
        raise ValueError(f'language is "c++" or "c", not {language!r}')
    flags = [f"-x{language}", "-iquote", "."]
    flags.append(f"-std={choices.get('std', NEWEST_STANDARDS[language])}")
    flags += [f"-I{os.fspath(folder)}" for folder in choices.get("include", ())]
    for macro, value in choices.get("define", {}).items():
        flags.append(f"-D{macro}" if value is None else f"-D{macro}={value}")
    return flags


def _memory_limit(choices: Choices) -> int | None:
    if choices.get("listener") is not None:
        return None
    limit = choices.get("memory_limit", "50%")
    # An integer is a number of bytes.
    return parse_memory_limit(str(limit))
