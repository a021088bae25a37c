"""Programs and libraries of others that some commands use."""

from __future__ import annotations

from collections.abc import Iterator

from repl.clang.sanitizers import NAMES, wanted_sanitizers
from repl.commands.debugger_program import DEBUGGERS
from repl.doctor.findings import Finding, lacking, well
from repl.errors import SetupError
from runtime.debugging.installed_tools import find_tool
from runtime.debugging.library_lines import TOOLS


def check_debugger() -> Iterator[Finding]:
    """gdb or lldb."""
    found = find_tool(DEBUGGERS)
    if found is None:
        yield lacking(
            "there is no debugger (gdb, lldb)", "%debug does not work", "apt-get install gdb"
        )
    else:
        yield well(f"debugger: {found}")


def check_symbolizer() -> Iterator[Finding]:
    """What knows the lines of libraries."""
    found = find_tool(TOOLS)
    if found is None:
        yield lacking(
            f"there is no symbolizer ({', '.join(TOOLS)})",
            "crash reports have no lines of libraries",
            "apt-get install llvm-22",
        )
    else:
        yield well(f"symbolizer: {found}")


def check_sanitizers() -> Iterator[Finding]:
    """The runtimes of all that there are."""
    usable = []
    for name in NAMES:
        try:
            wanted_sanitizers([f"-fsanitize={name}"])
        except SetupError as error:
            why, _, remedy = str(error).rpartition(": ")
            yield lacking(why, f"--sanitize={name} does not work", remedy)
        else:
            usable.append(name)
    if usable:
        yield well(f"sanitizers: {', '.join(usable)}")
