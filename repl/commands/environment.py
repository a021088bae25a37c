"""What the next inputs find: folders, variables of the environment, libraries, levels."""

from __future__ import annotations

import bisect
import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from msgspec.structs import replace

from repl.clang.flags import standard_of
from repl.clang.start_folder import StartFolder
from repl.commands.context import Shell
from repl.commands.helper_code import c_string, call_for_status, read_string, read_words
from repl.commands.types import type_of
from repl.errors import ShellError
from repl.input.command_syntax import Arguments, WrongUsage
from repl.session.session_libraries import with_include_folder
from runtime.addresses import ExecutorAddress
from runtime.errors import printable, told
from runtime.objects.input_files import expanded_path, no_current_folder

_MOST_VARIABLES = 10_000
_MOST_READ = 16 << 20  # characters, of all of them
_LONGEST_VARIABLE = 10_000  # characters, in the list of all
_MOST_SHOWN = 200_000  # characters


def run_cd(shell: Shell, arguments: Arguments) -> str:
    """``%cd``."""
    wanted = arguments.text
    if wanted == "-":
        if shell.previous_folder is None:
            raise ShellError("%cd: there is no previous folder yet")
        wanted = shell.previous_folder
    before, session = _name_of_current(), shell.session
    with _back_if_it_fails():
        now = _enter(wanted or "~")
        status = call_for_status(
            session,
            "%cd",
            'int __forkrepl_function(const char *) __asm__("chdir");',
            f"__forkrepl_function({c_string(now)})",
        )
        if status:
            reason = f"{os.strerror(status)} (in the program)"
            raise ShellError(f"%cd: {printable(wanted or '~')}: {reason}")
        session.change_options(replace(session.options, current_folder=now))
    shell.previous_folder = before
    return now


def _enter(wanted: str) -> str:
    """The name of the folder, which is the current one now."""
    try:
        os.chdir(expanded_path(wanted))
        return os.getcwd()
    except OSError as error:
        raise ShellError(f"%cd: {printable(wanted)}: {error.strerror}") from None


def _name_of_current() -> str | None:
    """None for one that has been removed: there is no way back."""
    try:
        return os.getcwd()
    except OSError:
        return None


@contextmanager
def _back_if_it_fails() -> Iterator[None]:
    """What goes wrong leaves the current folder as it was; that may have lost its name."""
    before = StartFolder()
    try:
        yield
    except BaseException:
        with suppress(OSError):
            before.enter()
        raise
    finally:
        before.close()


def run_pwd(shell: Shell, arguments: Arguments) -> str:
    """``%pwd``."""
    try:
        return os.getcwd()
    except OSError as error:
        raise ShellError(f"%pwd: {no_current_folder(error)}") from None


def run_include(shell: Shell, arguments: Arguments) -> str:
    """``%include``."""
    argument, options = arguments.text, shell.session.options
    if not argument:
        flags = options.all_flags
        return "\n".join(_folders_in(flags)) or "no folders (but those of the compiler)"
    try:
        changed = with_include_folder(options, argument)
    except ShellError as error:
        raise ShellError(f"%include: {error}") from None
    if changed is not options:
        shell.session.change_options(changed)
    return ""


def _folders_in(flags: Sequence[str]) -> list[str]:
    return [flag.removeprefix("-I") for flag in flags if flag.startswith("-I")]


def run_environment(shell: Shell, arguments: Arguments) -> str:
    """``%env``."""
    argument = arguments.text
    name, equals, value = argument.partition("=")
    name = name.strip() if equals else argument.strip()
    if equals and (not name or "\0" in argument):
        raise WrongUsage("needs the name of a variable")
    if equals:
        status = call_for_status(
            shell.session,
            "%env",
            'int __forkrepl_function(const char *, const char *, int) __asm__("setenv");',
            f"__forkrepl_function({c_string(name)}, {c_string(value)}, 1)",
        )
        if status:
            raise ShellError(f"%env: {name}: {os.strerror(status)}")
        os.environ[name] = value  # for the programs of ! and %run, and after %restart
        return ""
    variables = _variables_of_program(shell)
    if not name:
        return _shown(variables)
    for variable in variables:
        if variable.startswith(name + "="):
            return told(variable.partition("=")[2], _MOST_SHOWN)
    raise ShellError(f"%env: {name} is not set")


def _variables_of_program(shell: Shell) -> list[str]:
    variables: list[str] = []
    size = 0
    with shell.session.using_program() as program:
        environ = program.lookup("environ") or ExecutorAddress(0)
        (array,) = read_words(program, environ, 1) or [0]
        while array and len(variables) < _MOST_VARIABLES:
            place = ExecutorAddress(array + 8 * len(variables))
            (address,) = read_words(program, place, 1) or [0]
            if not address:
                break
            variables.append(read_string(program, ExecutorAddress(address)))
            size += len(variables[-1])
            if size > _MOST_READ:
                raise ShellError("%env: the environment of the program is larger than 16 MiB")
    return variables


def _shown(variables: Sequence[str]) -> str:
    """One a line; not more than somebody reads."""
    lines = [told(variable, _LONGEST_VARIABLE) for variable in variables]
    total = list(itertools.accumulate(map(len, lines)))
    shown = bisect.bisect(total, _MOST_SHOWN)
    if shown == len(lines):
        return "\n".join(lines)
    return "\n".join([*lines[:shown], f"... and {len(lines) - shown} more: %env NAME shows one"])


def run_optimisation(shell: Shell, arguments: Arguments) -> str:
    """``%opt``."""
    argument = arguments.text
    options = shell.session.options
    if not argument:
        return f"-O{options.optimisation}"
    level = argument.removeprefix("-O")
    if level not in ("0", "1", "2", "3"):
        raise WrongUsage(f"takes a level of 0, 1, 2 or 3, not '{argument}'")
    if int(level) != options.optimisation:
        shell.session.change_options(replace(options, optimisation=int(level)))
    return ""


_STANDARDS = {
    "199711": "c++98",
    "201103": "c++11",
    "201402": "c++14",
    "201703": "c++17",
    "202002": "c++20",
    "202302": "c++23",
}
_C_STANDARDS = {"199901": "c99", "201112": "c11", "201710": "c17", "202311": "c23"}


def run_standard(shell: Shell, arguments: Arguments) -> str:
    """``%std``."""
    options = shell.session.options
    flags = [flag for flag in options.compiler_flags if not flag.startswith("-std=")]
    wanted = arguments.text.removeprefix("-").removeprefix("-").removeprefix("std=")
    if not wanted:
        return standard_of(options.compiler_flags) or _default_standard(shell)
    if not wanted.isprintable():
        raise WrongUsage("takes a standard such as c++20 or gnu++23")
    changed = replace(options, compiler_flags=[*flags, f"-std={wanted}"])
    try:
        shell.session.change_options(changed)
    except ShellError as error:
        raise ShellError(f"%std: it stays as it was: {error}") from None
    return ""


def _default_standard(shell: Shell) -> str:
    """What Clang takes without an option."""
    macro, names = "__cplusplus", _STANDARDS
    if shell.is_c:
        macro, names = "__STDC_VERSION__", _C_STANDARDS
    number = "".join(filter(str.isdigit, type_of(shell, f"char[{macro}]").name))
    return "gnu" + names[number].removeprefix("c") if number in names else "Clang's default"


def run_lib(shell: Shell, arguments: Arguments) -> str:
    """``%lib``, and ``.L`` of a library."""
    name = _without_quotes(arguments.text)
    waits_for = shell.session.load_library(name)
    shell.libraries.append(name)
    return f"note: {name} waits for {waits_for}" if waits_for else ""


def _without_quotes(name: str) -> str:
    return name[1:-1] if len(name) > 2 and name[0] in "\"'" and name[-1] == name[0] else name
