"""What is passed to a linker by ``-Wl,`` and ``-Xlinker``: folders count, files do not."""

from __future__ import annotations

from collections.abc import Callable

from repl.clang.options.meanings import Verdict
from repl.clang.options.reading import WrongOption

# By GNU ld's names without dashes, of which it takes one or two. These have a value, after "="
# or in the next word.
_FOLDERS = ("rpath", "rpath-link", "R", "L", "library-path")
_LIBRARIES = ("l", "library")
_UNIMPORTANT_VALUES = (
    "z",
    "h",
    "soname",
    "dynamic-linker",
    "hash-style",
    "build-id",
    "version-script",
    "dynamic-list",
    "sort-section",
    "plugin-opt",
    "m",
    "a",
)
_WITHOUT_EFFECT = ("Map", "u", "undefined", "y", "trace-symbol", "exclude-libs", "dependency-file")
_REFUSED_VALUES = (
    "T",
    "script",
    "defsym",
    "wrap",
    "section-start",
    "Ttext",
    "Tdata",
    "Tbss",
    "e",
    "entry",
    "init",
    "fini",
    "just-symbols",
    "o",
    "output",
    "f",
    "F",
    "auxiliary",
    "filter",
)
_REFUSED = ("r", "relocatable", "i", "shared", "Bshareable")
_ALWAYS_JOINED = ("build-id", "plugin-opt")  # they may stand alone
_UNIMPORTANT = (
    *("as-needed", "no-as-needed", "start-group", "(", "end-group", ")", "push-state"),
    *("pop-state", "gc-sections", "no-gc-sections", "export-dynamic", "E", "no-export-dynamic"),
    *("Bsymbolic", "Bsymbolic-functions", "Bdynamic", "no-undefined", "allow-shlib-undefined"),
    *("no-allow-shlib-undefined", "enable-new-dtags", "disable-new-dtags", "eh-frame-hdr"),
    *("no-eh-frame-hdr", "strip-all", "s", "strip-debug", "S", "relax", "no-relax"),
    *("sort-common", "fatal-warnings", "no-fatal-warnings", "warn-common", "warn-once"),
    *("copy-dt-needed-entries", "no-copy-dt-needed-entries", "demangle", "no-demangle", "pie"),
    *("no-pie", "threads", "no-threads", "color-diagnostics", "warn-execstack", "stats"),
    *("no-warn-execstack", "no-warn-rwx-segments", "build-id", "dynamicbase", "no-keep-memory"),
)
_UNIMPORTANT_STARTS = ("O", "z", "icf", "compress-debug-sections", "thread", "plugin-opt")


class LinkerWords:
    """Takes words one after another: a value may come with a later ``-Wl,``.

    ``takes_whole_archives``: all members of the archives that come next are wanted.
    """

    def __init__(
        self, add_folder: Callable[[str], None], add_input: Callable[[str, bool], None]
    ) -> None:
        self.takes_whole_archives = False
        self._add_folder = add_folder
        self._add_input = add_input
        self._waiting = ""  # the option whose value comes next

    def take(self, word: str) -> Verdict:
        """What becomes of a word."""
        if self._waiting:
            option, self._waiting = self._waiting, ""
            return self._set(option.lstrip("-"), word)
        if not word.startswith("-"):
            self._add_input(word, False)
            return Verdict.PASSED
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("--") and name[:1] in "LlR" and len(name) > 1 and name != "library":
            return self._set(name[0], name[1:] + equals + value)
        if name in ("whole-archive", "no-whole-archive"):
            self.takes_whole_archives = name == "whole-archive"
            return Verdict.PASSED
        if name in _REFUSED:
            return Verdict.REFUSED
        if equals:
            return self._set(name, value)
        if _takes_value(name):
            self._waiting = word
            return Verdict.PASSED
        return self._set(name, "")

    def finish(self) -> None:
        """Raises WrongOption if a value is still missing."""
        if self._waiting:
            raise WrongOption(f"argument -Wl,{self._waiting}: expected one argument")

    def _set(self, name: str, value: str) -> Verdict:
        if name in _FOLDERS:
            for folder in value.split(":"):
                if folder and "$" not in folder:  # $ORIGIN is where a file would have been written
                    self._add_folder(folder)
            return Verdict.PASSED
        if name in _LIBRARIES:
            self._add_input(value, True)
            return Verdict.PASSED
        if name in _REFUSED_VALUES:
            return Verdict.REFUSED
        is_unimportant = name in _UNIMPORTANT or name in _UNIMPORTANT_VALUES
        if is_unimportant or name.startswith(_UNIMPORTANT_STARTS):
            return Verdict.IGNORED
        return Verdict.WARNED


def _takes_value(name: str) -> bool:
    taking = (_FOLDERS, _LIBRARIES, _UNIMPORTANT_VALUES, _WITHOUT_EFFECT, _REFUSED_VALUES)
    return name not in _ALWAYS_JOINED and any(name in names for names in taking)
