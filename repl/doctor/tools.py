"""Programs and libraries of others that some commands use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from repl.clang.sanitizers import NAMES, wanted_sanitizers
from repl.commands.debugger_program import DEBUGGERS
from repl.doctor.findings import Finding, lacking, well
from repl.errors import SetupError
from repl.system_packages import Need, how_to_install
from runtime.debugging.installed_tools import find_tool
from runtime.debugging.library_lines import TOOLS


def check_debugger() -> Iterator[Finding]:
    """gdb or lldb."""
    yield _one_of("debugger", DEBUGGERS, "gdb, lldb", "%debug does not work", Need.DEBUGGER)


def check_symbolizer() -> Iterator[Finding]:
    """What knows the lines of libraries."""
    cost = "crash reports have no lines of libraries"
    yield _one_of("symbolizer", TOOLS, ", ".join(TOOLS), cost, Need.SYMBOLIZER)


def _one_of(what: str, names: Sequence[str], shown: str, cost: str, need: Need) -> Finding:
    found = find_tool(names)
    if found is None:
        return lacking(f"there is no {what} ({shown})", cost, how_to_install(need))
    return well(f"{what}: {found}")


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
