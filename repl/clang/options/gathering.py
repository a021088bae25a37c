"""A command line of Clang's, taken apart: what goes to Clang, and what is done here instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn

from msgspec import Struct

from repl.clang.options.linker_words import LinkerWords
from repl.clang.options.meanings import Verdict, is_foreign, meaning_of
from repl.clang.options.reading import Option, WrongOption
from repl.clang.options.table import option_table
from repl.system_packages import Need, how_to_install
from runtime.errors import RuntimeFailure
from runtime.objects.libraries import find_library

_OUR_MACHINE = re.compile(r"x86_64(-\w+)?-linux(-gnu)?|x86_64|amd64")
_LEVELS = {"": 1, "g": 1, "s": 2, "z": 2, "fast": 3}
_HIGHEST_LEVEL = 3
# Their names and values become one word, however they were given.
_ONE_WORD = ("-I", "-D", "-U", "-std=")


class NamedInput(Struct, frozen=True):
    """A file, or with ``is_library`` the NAME of ``-lNAME``. ``is_whole``: of an archive, all
    members are wanted."""

    name: str
    is_library: bool
    is_whole: bool = False


class CompilerOptions(Struct):
    """What options ask for. ``flags`` go on to Clang; ``language`` and ``optimisation`` are
    None if nothing was said; ``inputs``: files and libraries in their order; ``folders``: where
    libraries are looked for. ``warnings``: what was ignored although somebody may wait for its
    effect, a sentence each; ``ignored``: the options that were ignored in silence.
    ``is_verbose``: what is done is to be told."""

    flags: list[str] = []
    language: str | None = None
    optimisation: int | None = None
    inputs: list[NamedInput] = []
    folders: list[str] = []
    warnings: list[str] = []
    ignored: list[str] = []
    is_verbose: bool = False

    @property
    def to_load(self) -> list[str]:
        """The libraries by name, and the files by path."""
        return [
            each.name if each.is_library or "/" in each.name else f"./{each.name}"
            for each in self.inputs
        ]


def gather(words: Iterable[Option | str]) -> CompilerOptions:
    """What options and the operands among them mean together. Raises WrongOption."""
    gathering = _Gathering()
    for word in words:
        if isinstance(word, str):
            gathering.add_input(word, is_library=False)
        else:
            gathering.add(word)
    gathering.finish()
    return gathering.found


def is_wanted(option: Option) -> bool:
    """Whether an option says how code is compiled, and not what is to be written or linked."""
    if option.name in ("-l", "-L", "-Wl,", "-Xlinker", "-x", "-v") or option.values[:1] == ("-MD",):
        return False
    verdict = meaning_of(option).verdict
    return verdict is Verdict.PASSED or option.groups[:1] == ("O group",) or is_foreign(option)


class _Gathering:
    def __init__(self) -> None:
        self.found = CompilerOptions()
        self._has_openmp = False
        self._has_libcxx = False
        self.linker = LinkerWords(self.add_folder, self.add_input)
        # Those whose meaning depends on their values.
        self._special = {
            "-l": lambda option: self.add_input(option.value, is_library=True),
            "-L": lambda option: self.add_folder(option.value),
            "-x": self._set_language,
            "--target=": self._check_target,
            "-arch": self._check_target,
            "-Wl,": self._take_linker_words,
            "-Xlinker": self._take_linker_words,
            "-Wp,": self._pass_to_preprocessor,
            "-fopenmp": self._set_openmp,
            "-fopenmp=": self._set_openmp,
            "-fno-openmp": self._set_openmp,
            "-stdlib=": self._set_library,
            "-v": self._set_verbose,
        }

    def add_input(self, name: str, is_library: bool) -> None:
        """A file, or a library."""
        self.found.inputs.append(NamedInput(name, is_library, self.linker.takes_whole_archives))

    def add_folder(self, folder: str) -> None:
        """Where libraries are."""
        self.found.folders.append(folder)

    def add(self, option: Option) -> None:
        """Note what an option means. Raises WrongOption."""
        special = self._special.get(option.name)
        if special is not None:
            special(option)
            return
        if option.groups[:1] == ("O group",):
            self._set_level(option)
            return
        meaning = meaning_of(option)
        if meaning.verdict is Verdict.REFUSED:
            raise WrongOption(f"{' '.join(option.words)} {meaning.why}")
        if meaning.verdict is Verdict.WARNED:
            self.found.warnings.append(f"{' '.join(option.words)} {meaning.why}")
        elif meaning.verdict is Verdict.IGNORED:
            self.found.ignored.append(" ".join(option.words))
        else:
            self._pass(option)

    def finish(self) -> None:
        """Add what options need. Raises WrongOption if it is not there."""
        self.linker.finish()
        if self._has_openmp:
            self._add_library_of_option("-fopenmp", "omp", Need.OPENMP)
        if self._has_libcxx:
            self._add_library_of_option("-stdlib=libc++", "c++", Need.LIBCXX)

    def _add_library_of_option(self, option: str, name: str, need: Need) -> None:
        try:
            found = find_library(name, [*self.found.folders, *option_table().library_folders])
        except RuntimeFailure as error:
            raise WrongOption(
                f"{option} needs the library lib{name}, which is not installed: "
                f"{how_to_install(need)}"
            ) from error
        for path in found:
            self.add_input(path, is_library=True)

    def _pass(self, option: Option) -> None:
        if option.name in _ONE_WORD:
            self.found.flags.append(option.name + option.value)
        else:
            self.found.flags += option.words

    def _set_level(self, option: Option) -> None:
        text = option.words[0].partition("-O")[2] if not option.value else option.value
        level = _LEVELS.get(text, int(text[:9]) if text.isdecimal() else None)
        if level is None:
            self._refuse(option.typed, f"invalid level '{text}' (choose from 0, 1, 2, 3)")
        if level > _HIGHEST_LEVEL:
            self.found.warnings.append(f"-O{text} is taken for -O{_HIGHEST_LEVEL}")
        if text == "fast":
            self.found.flags.append("-ffast-math")
        self.found.optimisation = min(level, _HIGHEST_LEVEL)

    def _set_language(self, option: Option) -> None:
        if option.value not in ("c", "c++", "none"):
            self._refuse(
                option.typed, f"'{option.value}' is no language of forkrepl's: choose c or c++"
            )
        self.found.language = None if option.value == "none" else option.value

    def _check_target(self, option: Option) -> None:
        if not _OUR_MACHINE.fullmatch(option.value):
            raise WrongOption(
                f"{' '.join(option.words)} is another machine, but code runs here: x86_64-linux-gnu"
            )

    def _take_linker_words(self, option: Option) -> None:
        for word in option.values:
            verdict = self.linker.take(word)
            if verdict is Verdict.REFUSED:
                raise WrongOption(f"{' '.join(option.words)}: forkrepl's own linker has no {word}")
            if verdict is Verdict.WARNED:
                self.found.warnings.append(
                    f"{' '.join(option.words)}: forkrepl's own linker has no {word}"
                )

    def _pass_to_preprocessor(self, option: Option) -> None:
        if option.values[:1] in (("-MD",), ("-MMD",)):
            self.found.warnings.append(
                f"{' '.join(option.words)} has no effect: forkrepl writes no such file"
            )
        else:
            self._pass(option)

    def _set_openmp(self, option: Option) -> None:
        if option.value not in ("", "libomp", "libiomp5"):
            self._refuse(option.words[0], "Clang makes code for libomp only: give -fopenmp")
        self._has_openmp = option.name != "-fno-openmp"
        self._pass(option)

    def _set_library(self, option: Option) -> None:
        self._has_libcxx = option.value == "libc++"
        self._pass(option)

    def _set_verbose(self, option: Option) -> None:
        self.found.is_verbose = True

    def _refuse(self, name: str, why: str) -> NoReturn:
        raise WrongOption(f"argument {name}: {why}")
