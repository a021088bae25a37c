"""The command line of ``forkrepl link``."""

from __future__ import annotations

import shlex

from msgspec import Struct

from repl.clang.options.gathering import NamedInput
from repl.command_line.compiler_options import (
    CompilerWords,
    add_color_option,
    add_compiler_options,
    add_perf_option,
)
from repl.command_line.connect_options import add_connect_options, find_listener
from repl.command_line.option_parser import OptionParser
from repl.link_command.compile_files import CompileOptions
from repl.link_command.source_files import ACCEPTED
from repl.terminal.terminal import use_colour
from runtime.protocol.listener_address import Address, Listener, UnixAddress

STANDARD_ERROR = ""
"""``LinkOptions.map_file`` when the map goes there."""

# Options that may stand alone: argparse would take the next FILE for their value.
_ALONE = {
    "--times": "--times=table",
    "--print-map": f"--print-map={STANDARD_ERROR}",
    "-help": "--help",
}


class LinkOptions(Struct, frozen=True):
    """What was asked for. ``language``: what ``-x`` says; ``times``: ``table``, ``json``
    or empty; ``executor``: a command that starts one, empty for the usual one; ``map_file``: None
    if no map is wanted. ``warnings``: about options that have no
    effect."""

    inputs: list[NamedInput]
    arguments: list[str]
    folders: list[str]
    entry: str
    whole_archive: bool
    memory: str
    listener: Listener | None
    executor: list[str]
    times: str
    map_file: str | None
    language: str | None
    compile: CompileOptions
    perf: bool
    warnings: list[str]


def parse(arguments: list[str]) -> LinkOptions:
    """Parse what follows ``forkrepl link``; exits with status 2 if it is wrong."""
    ours, program_arguments = _split_at_dashes(arguments)
    parser, words = _parser()
    parsed = parser.parse_mixed(ours)
    compiler = words.gathered(parsed)
    inputs = compiler.inputs
    if not inputs:
        parser.error(f"nothing to link: give {ACCEPTED}")
    listener = find_listener(parser, parsed)
    return LinkOptions(
        inputs=inputs,
        arguments=[inputs[0].name, *program_arguments],
        folders=compiler.folders,
        entry=parsed.entry,
        whole_archive=parsed.whole_archive,
        memory=_memory(parser, parsed.memory, parsed.connect, parsed.perf),
        listener=listener,
        executor=_executor(parser, parsed.executor, parsed.memory, listener),
        times=parsed.times,
        map_file=parsed.map_file,
        language=compiler.language,
        compile=CompileOptions(
            flags=compiler.flags,
            level=compiler.optimisation or 0,
            colour=use_colour(parsed.color or "auto"),
        ),
        perf=parsed.perf,
        warnings=compiler.warnings,
    )


def _parser() -> tuple[OptionParser, CompilerWords]:
    parser = OptionParser(
        "forkrepl link", "forkrepl link [options] FILE... [-l NAME]... [-- ARGS...]", _help_text
    )
    parser.section("Linking")
    add = parser.add_argument
    add("--entry", default="main", metavar="NAME", help="Call NAME instead of main.")
    add("--whole-archive", action="store_true", help="Take all members of archives.")
    add(
        "--memory",
        choices=("shared", "stream", "in-process"),
        metavar="HOW",
        help="How the code gets to where it runs: 'shared', through memory shared with another "
        "process (default); 'stream', over a socket to another process (default of --connect "
        "HOST:PORT); 'in-process': it runs in this one.",
    )
    add(
        "--times",
        choices=("table", "json"),
        default="",
        metavar="table|json",
        help="How long each stage took, and each pass of the linker, on standard error "
        "(--times alone: a table).",
    )
    add(
        "--print-map",
        dest="map_file",
        metavar="FILE",
        help="What was linked and where it is, into FILE (--print-map alone: on standard error).",
    )
    add(
        "--executor",
        metavar="COMMAND",
        help="Run the code in a process that COMMAND starts: an executor that was built for "
        "another machine, behind an emulator if need be, as in 'qemu-aarch64 PATH'. The inputs "
        "must be for that machine.",
    )
    add_perf_option(parser)
    add_connect_options(parser)
    words = add_compiler_options(parser, lambda operand: True)
    parser.respell = lambda word: _ALONE.get(word, word)
    parser.section("Other")
    add_color_option(parser)
    parser.add_help_option()
    return parser, words


def _help_text(parser: OptionParser) -> str:
    from repl.command_line.help_page import add_options, begin_page  # only when it is wanted

    page = begin_page(
        parser,
        "forkrepl link - compile, link into memory and run",
        "Compiles what is not compiled yet, links it into memory, and runs its main with ARGS. "
        f"FILE is one of: {ACCEPTED}. Sources are compiled first, several at once. Of an archive "
        "only the members that are needed are taken; -l NAME looks for libNAME.so, then "
        "libNAME.a. Inputs count in the order in which they are given.",
    )
    add_options(page, parser)
    page.heading("Exit status")
    page.paragraph(
        "That of main; 1 if it cannot be compiled or linked; 2 for wrong usage; 128+N if signal "
        "N ended it."
    )
    page.heading("See also")
    page.paragraph("forkrepl --help")
    return page.text()


def _memory(parser: OptionParser, choice: str | None, address: Address | None, perf: bool) -> str:
    """The kind of memory to use; wrong combinations end with status 2."""
    over_network = address is not None and not isinstance(address, UnixAddress)
    if choice is None:
        return "stream" if over_network or perf else "shared"
    if perf and choice != "stream":
        parser.error("--perf needs --memory=stream: perf does not look for names in shared memory")
    if choice == "in-process" and address is not None:
        parser.error("--memory=in-process runs the code here, --connect elsewhere: choose one")
    if choice == "shared" and over_network:
        parser.error(f"memory cannot be shared with {address}: use --memory=stream or unix:PATH")
    return choice


def _executor(
    parser: OptionParser, command: str | None, memory: str | None, listener: Listener | None
) -> list[str]:
    """The words of a command; wrong usage ends with status 2."""
    if command is None:
        return []
    if listener is not None or memory == "in-process":
        parser.error(
            "--executor starts a process here; --connect and --memory=in-process need none: "
            "choose one"
        )
    try:
        words = shlex.split(command)
    except ValueError as error:
        parser.error(f"--executor={command}: {str(error).lower()}")
    if not words:
        parser.error("--executor needs a command")
    return words


def _split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]
