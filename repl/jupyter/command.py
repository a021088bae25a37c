"""``forkrepl kernel``: install kernels for Jupyter, and run one."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from repl.command_line.arguments import parse
from repl.command_line.help_page import add_options, begin_page
from repl.command_line.option_parser import OptionParser
from repl.errors import ShellError, did_you_mean
from repl.jupyter.kernel_specs import (
    KernelSpec,
    install,
    installed_kernels,
    kernels_folder,
    remove,
    usual_specs,
)

if TYPE_CHECKING:
    import argparse

_USAGE = """\
forkrepl kernel install [--user|--sys-prefix|--prefix=DIR] [--name NAME] [compiler options]
       forkrepl kernel list
       forkrepl kernel remove NAME...
       forkrepl kernel run CONNECTION_FILE [compiler options]"""
_ACTIONS = ("install", "list", "remove", "run")


def main(arguments: list[str]) -> int:
    """Carry out ``forkrepl kernel ARGUMENTS``; returns the exit status.

    Raises RuntimeFailure or ShellError if it cannot be done.
    """
    parser = _parser()
    _, operands = parser.parse_until_operand(arguments)
    action, rest = (operands[0], operands[1:]) if operands else ("", [])
    if action not in _ACTIONS:
        what = f"'{action}' is none of its actions" if action else "needs an action"
        parser.error(f"{what}{did_you_mean(action, _ACTIONS)} (there are {', '.join(_ACTIONS)})")
    if {"-h", "--help"} & set(rest[:1]):
        parser.print_help()
        return 0
    if find_spec("ipykernel") is None:
        raise ShellError("notebooks need ipykernel: pip install 'forkrepl[jupyter]'")
    match action:
        case "install":
            return _install(rest)
        case "list":
            return _list(parser, rest)
        case "remove":
            return _remove(parser, rest)
    return _run(parser, rest)


def _parser() -> OptionParser:
    parser = OptionParser("forkrepl kernel", _USAGE, _help_text)
    parser.section("install")
    _add_places(parser)
    parser.section("Others")
    parser.add_help_option()
    return parser


def _add_places(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--user", action="store_true", help="Install for this user (default outside of a venv).")
    add("--sys-prefix", action="store_true", help="Install in the Python environment (in a venv).")
    add("--prefix", metavar="DIR", help="Install below DIR, as in /usr/local.")
    add("--name", metavar="NAME", help="Of the one kernel that is installed, with its options.")
    add("--title", metavar="TEXT", help="What notebooks show for its name.")


def _help_text(parser: OptionParser) -> str:
    page = begin_page(
        parser,
        "forkrepl kernel - C and C++ in Jupyter's notebooks",
        "'install' makes kernels for C++, C, and C++ with OpenMP; with --name or compiler options, "
        "one with those. Compiler options are those of 'forkrepl'. 'list' shows those that are "
        "installed, and 'remove' takes them away. 'run' is what Jupyter calls.",
    )
    add_options(page, parser)
    page.heading("See also")
    page.paragraph("forkrepl --help")
    return page.text()


def _install(arguments: list[str]) -> int:
    parser = OptionParser("forkrepl kernel install", _USAGE, _help_text)
    _add_places(parser)
    places, flags = parser.parse_known_args(arguments)
    if sum((places.user, places.sys_prefix, places.prefix is not None)) > 1:
        parser.error("--user, --sys-prefix and --prefix are different places")
    in_environment = sys.prefix != sys.base_prefix
    is_of_user = places.user or not (places.sys_prefix or places.prefix or in_environment)
    folder = kernels_folder(places.prefix, is_of_user=is_of_user)
    specs = usual_specs()
    if flags or places.name or places.title:
        specs = [_own_spec(places.name, places.title, flags)]
    for spec in specs:
        print(f"{spec.name}: {install(spec, folder)}")
    return 0


def _own_spec(name: str | None, title: str | None, flags: list[str]) -> KernelSpec:
    """A kernel with these flags, which are checked now and not by a notebook."""
    line = parse(flags)
    if line.file is not None or line.code is not None:
        raise ShellError(f"a kernel takes options only, not '{line.file or '-c'}'")
    language = line.language_name
    words = " ".join(each for each in flags if not each.startswith(("-x", "--no-cache")))
    title = title or f"{language.upper()}{' ' + words if words else ''} (forkrepl)"
    logo = "omp" if "-fopenmp" in flags else {"c": "c", "c++": "cpp"}[language]
    return KernelSpec(name or _name_of(language, words), title, language, flags, logo)


def _name_of(language: str, words: str) -> str:
    parts = [{"c": "c", "c++": "cpp"}[language], *words.lower().split()]
    kept = ("".join(c if c.isalnum() else "-" for c in part).strip("-") for part in parts)
    return "-".join(["forkrepl", *filter(None, kept)])


def _list(parser: OptionParser, arguments: list[str]) -> int:
    if arguments:
        parser.error(f"list takes nothing, not '{arguments[0]}'")
    found = list(installed_kernels())
    for folder, flags in found:
        print(f"{folder.name}: {folder} ({flags})")
    if not found:
        print("no kernel of forkrepl's is installed: 'forkrepl kernel install' does it")
    return 0


def _remove(parser: OptionParser, names: list[str]) -> int:
    if not names:
        parser.error("remove needs the name of a kernel")
    found = {folder.name: folder for folder, _ in reversed(list(installed_kernels()))}
    for name in names:
        if name not in found:
            raise ShellError(
                f"no kernel of forkrepl's is called {name}{did_you_mean(name, found)} "
                "('forkrepl kernel list' shows them)"
            )
    for name in dict.fromkeys(names):
        remove(found[name])
        print(f"removed {found[name]}")
    return 0


def _run(parser: OptionParser, arguments: list[str]) -> int:
    if not arguments:
        parser.error("run needs a connection file, which Jupyter makes")
    connection_file, *flags = arguments
    if not Path(connection_file).parent.is_dir():
        raise ShellError(f"there is no folder for {connection_file}")
    line = parse(flags)
    from repl.jupyter.output import OutputPipes
    from repl.jupyter.serve import serve

    return serve(connection_file, line, OutputPipes())
