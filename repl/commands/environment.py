"""What the next inputs find: folders, variables of the environment, libraries, levels."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec.structs import replace

from repl.commands.command import WrongUsage, no_argument
from repl.commands.context import Shell
from repl.commands.helper_code import c_string, call_for_status, read_string, read_words
from repl.errors import ShellError
from runtime.addresses import ExecutorAddress

_MOST_VARIABLES = 10_000


def run_cd(shell: Shell, argument: str) -> str:
    """``%cd``."""
    wanted = argument.strip()
    if wanted == "-":
        if shell.previous_folder is None:
            raise ShellError("%cd: there is no previous folder yet")
        wanted = shell.previous_folder
    before = os.getcwd()
    try:
        os.chdir(os.path.expanduser(wanted or "~"))
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise ShellError(f"%cd: {wanted or '~'}: {reason}") from None
    now = os.getcwd()
    try:
        status = call_for_status(
            shell.session,
            "%cd",
            'int __forkrepl_function(const char *) __asm__("chdir");',
            f"__forkrepl_function({c_string(now)})",
        )
        if status:
            raise ShellError(f"%cd: {now}: {os.strerror(status)} (in the program)")
        _include_from(shell, shell.folders, now)
    except BaseException:
        os.chdir(before)
        raise
    shell.current_folder, shell.previous_folder = now, before
    return now


def run_pwd(shell: Shell, argument: str) -> str:
    """``%pwd``."""
    no_argument(argument)
    return os.getcwd()


def run_include(shell: Shell, argument: str) -> str:
    """``%include``."""
    if not argument:
        flags = shell.session.options.compiler_flags
        return "\n".join(_folders_in(flags)) or "no folders (but those of the compiler)"
    folder = os.path.abspath(os.path.expanduser(argument))
    if not os.path.isdir(folder):
        raise ShellError(f"%include: {argument} is no folder")
    if folder not in shell.folders:
        folders = [*shell.folders, folder]
        _include_from(shell, folders, shell.current_folder)
        shell.folders = folders
    return ""


def _folders_in(flags: Sequence[str]) -> list[str]:
    return [flag.removeprefix("-I") for flag in flags if flag.startswith("-I")]


def _include_from(shell: Shell, folders: Sequence[str], current: str | None) -> None:
    """Exchange the flags that %cd and %include have added; those of the command line stay."""
    options = shell.session.options
    ours = _our_flags(shell.folders, shell.current_folder)
    of_user = list(options.compiler_flags)[len(ours) :] if ours else options.compiler_flags
    flags = [*_our_flags(folders, current), *of_user]
    shell.session.change_options(replace(options, compiler_flags=flags))


def _our_flags(folders: Sequence[str], current: str | None) -> list[str]:
    """Flags that %cd and %include add; they precede the user's."""
    return [*(["-iquote", current] if current else []), *(f"-I{folder}" for folder in folders)]


def run_environment(shell: Shell, argument: str) -> str:
    """``%env``."""
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
        return "\n".join(variables)
    for variable in variables:
        if variable.startswith(name + "="):
            return variable.partition("=")[2]
    raise ShellError(f"%env: {name} is not set")


def _variables_of_program(shell: Shell) -> list[str]:
    variables: list[str] = []
    with shell.session.using_program() as program:
        environ = program.lookup("environ") or ExecutorAddress(0)
        (array,) = read_words(program, environ, 1) or [0]
        while array and len(variables) < _MOST_VARIABLES:
            place = ExecutorAddress(array + 8 * len(variables))
            (address,) = read_words(program, place, 1) or [0]
            if not address:
                break
            variables.append(read_string(program, ExecutorAddress(address)))
    return variables


def run_optimisation(shell: Shell, argument: str) -> str:
    """``%opt``."""
    options = shell.session.options
    if not argument:
        return f"-O{options.optimisation}"
    level = argument.removeprefix("-O")
    if level not in ("0", "1", "2", "3"):
        raise WrongUsage(f"takes a level of 0, 1, 2 or 3, not '{argument}'")
    if int(level) != options.optimisation:
        shell.session.change_options(replace(options, optimisation=int(level)))
    return ""


def run_lib(shell: Shell, argument: str) -> str:
    """``%lib``."""
    if not argument:
        raise WrongUsage("needs a library: a name (m), a file name (libm.so.6) or a path")
    shell.session.load_library(argument)
    shell.libraries.append(argument)
    return ""
