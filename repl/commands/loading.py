"""Inputs and programs from files: ``%load``, ``%run``, ``%edit``, and ``!``."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from repl.clang.header_cache.standard_headers import only_includes
from repl.commands.catalogue import COMMAND_LINES
from repl.commands.context import Shell
from repl.commands.declared import declared_names
from repl.commands.environment import run_lib
from repl.commands.reloading import tell_edits
from repl.commands.subprocesses import ending, lend_terminal_to
from repl.commands.translation_unit import evaluate_as_whole
from repl.editor.editor_choice import EditorFailed, edit_file, edit_text
from repl.errors import ShellError
from repl.input.command_syntax import Arguments, WrongUsage
from repl.input.script_inputs import ScriptInputs
from repl.input.script_text import WholeText, from_line
from repl.input.seen_file import SeenFile, stamp_of
from repl.input.source import Source
from runtime.errors import RuntimeFailure
from runtime.objects.input_files import absolute_path, expanded_path, read_input_file
from runtime.objects.libraries import is_linkable

_DEEPEST = 8  # files that load one another


def load_file(shell: Shell, name: str) -> None:
    """Run the inputs of the file ``name`` as if they were typed, up to the first that fails.

    Raises what ``Shell.run_input`` raises, with a note of the line; ShellError or
    RuntimeFailure if the file cannot be read.
    """
    if len(shell.loading) == _DEEPEST:
        raise ShellError(
            f"%load: {_DEEPEST} files that load one another are the most: {name} is not loaded"
        )
    tell_edits(shell)
    text = _read_text(name)
    path = absolute_path(name)
    file = SeenFile(path, stamp_of(path), text.encode("utf-8", "surrogateescape"))
    _run_text(shell, text, name, "%load", file)


def _run_text(
    shell: Shell, text: str, name: str, command: str, file: SeenFile | None = None
) -> None:
    inputs_before = len(shell.session.inputs)
    inputs = ScriptInputs(WholeText(text), name, COMMAND_LINES, shell.session.compiler.input_ends)
    shell.loading.append(name)
    # Whether all that follows may be one translation unit.
    may_be_whole = file is not None and not COMMAND_LINES.are_in(text)
    try:
        for source, upcoming in _of_file(inputs, file):
            try:
                if may_be_whole and not only_includes(source.text):
                    may_be_whole = False
                    rest = replace(source, text=from_line(text, source.line))
                    if evaluate_as_whole(shell, text, rest):
                        break
                shell.run_input(shell, source, upcoming)
            except (ShellError, RuntimeFailure, KeyboardInterrupt) as error:
                some = len(shell.session.inputs) > inputs_before
                error.add_note(_where(command, source, some))
                raise
    finally:
        shell.loading.pop()


def _of_file(
    inputs: ScriptInputs, file: SeenFile | None
) -> Iterator[tuple[Source, tuple[Source, ...]]]:
    """What the inputs are of."""
    for source, upcoming in inputs:
        yield replace(source, file=file), tuple(replace(each, file=file) for each in upcoming)


def _where(command: str, source: Source, some_are_in_force: bool) -> str:
    rest = ": the inputs before it are in force" if some_are_in_force else ""
    return f"{command} stopped at {source.name}:{source.line}{rest}"


def _read_text(name: str) -> str:
    contents = read_input_file(Path(expanded_path(name)))
    if is_linkable(contents):
        path = name if "/" in name else f"./{name}"
        raise ShellError(f"%load: {name} is a library, an archive or an object: %lib {path}")
    if b"\0" in contents:
        raise ShellError(f"%load: {name} is a binary file, not a text with C or C++ inputs")
    # Bytes that are no UTF-8 go on to Clang as they are.
    return contents.decode("utf-8", "surrogateescape")


def run_load(shell: Shell, arguments: Arguments) -> str:
    """``%load``."""
    load_file(shell, arguments.text)
    return ""


_LIBRARY = re.compile(r"(?:^|/)lib[^/]*$|\.(?:so(?:\.[\d.]+)?|a|o)$")


def run_load_like_cling(shell: Shell, arguments: Arguments) -> str:
    """``.L``."""
    if _is_library(arguments.text):
        name = arguments.text
        is_here = "/" not in name and os.path.isfile(name)
        return run_lib(shell, replace(arguments, operands=[f"./{name}" if is_here else name]))
    load_file(shell, arguments.text)
    return ""


def _is_library(name: str) -> bool:
    """Of a file that is there its contents tell."""
    path = expanded_path(name)
    if os.path.isfile(path):
        return is_linkable(read_input_file(Path(path), 8))
    return _LIBRARY.search(name) is not None


_CALL = re.compile(r"(?P<file>[^()]+)(?P<arguments>\(.*\))?\s*", re.DOTALL)


def run_execute_like_cling(shell: Shell, arguments: Arguments) -> str:
    """``.x``."""
    match = _CALL.fullmatch(arguments.text)
    if match is None:
        raise WrongUsage("needs a file")
    file = match["file"].strip()
    load_file(shell, file)
    function = Path(file).stem
    arguments_of_call = match["arguments"]
    if _is_function(shell, function):
        _run_text(shell, f"{function}{arguments_of_call or '()'}\n", ".x", ".x")
    elif arguments_of_call is not None:
        raise ShellError(
            f".x: {file} is loaded, but nothing is called with {arguments_of_call}: it has no "
            f"function {function}"
        )
    return ""


def _is_function(shell: Shell, name: str) -> bool:
    return any(d.name == name and d.kind == "function" for d in declared_names(shell.session))


def _words(argument: str) -> list[str]:
    try:
        return shlex.split(argument)
    except ValueError as error:
        raise WrongUsage(f"cannot make words of that: {str(error).lower()}") from None


def run_run(shell: Shell, arguments: Arguments) -> str:
    """``%run``."""
    words = _words(arguments.text)
    file = expanded_path(words[0])
    read_input_file(Path(file))  # says why if it cannot be read
    options = shell.session.options
    command = [sys.executable, "-P", "-m", "repl", f"--color={'yes' if shell.colour else 'no'}"]
    has_same_language = file.endswith(".c") == shell.is_c
    command += [f"-O{options.optimisation}", *_passed_flags(options.all_flags, has_same_language)]
    command += ["--", file, *words[1:]]
    return ending(lend_terminal_to(command, options.private_input))


def _passed_flags(flags: Sequence[str], has_same_language: bool) -> list[str]:
    """The user's own: the language and the folder of quoted includes are the file's, and so is
    the standard, if it is in another language."""
    passed: list[str] = []
    words = iter(flags)
    for word in words:
        if word == "-iquote":
            next(words, None)
        elif not word.startswith("-x") and (has_same_language or not word.startswith("-std=")):
            passed.append(f"--Xcc={word}")
    return passed


def run_shell_command(shell: Shell, arguments: Arguments) -> str:
    """``!``."""
    program = os.environ.get("SHELL") or "/bin/sh"
    command = [program, "-c", arguments.text]
    return ending(lend_terminal_to(command, shell.session.options.private_input))


def run_edit(shell: Shell, arguments: Arguments) -> str:
    """``%edit``."""
    argument = arguments.text
    path = expanded_path(argument) if argument and not argument.isdecimal() else ""
    if os.path.isfile(path):
        with _no_run_if_it_fails():
            edit_file(Path(path), shell.settings.external_editor, _lend_terminal)
        load_file(shell, argument)
        return ""
    text = _text_to_edit(shell, argument)
    with _no_run_if_it_fails():
        name = "input.c" if shell.is_c else "input.cpp"
        text = edit_text(text, name, shell.settings.external_editor, _lend_terminal)
    if text.strip():
        _run_text(shell, text, "%edit", "%edit")
    return ""


def _text_to_edit(shell: Shell, argument: str) -> str:
    if not argument:
        typed = [e for e in shell.log[:-1] if e.ran]
        return typed[-1].code if typed else ""
    if argument.isdecimal():
        entry = shell.entry(argument)
        if entry is None:
            raise ShellError(f"%edit: there is no input {argument} (%history -n lists them)")
        return entry.code
    for declared in reversed(declared_names(shell.session)):
        if declared.name == argument:
            return shell.session.steps[declared.input].source.text.rstrip("\n") + "\n"
    if "/" in argument:
        read_input_file(Path(expanded_path(argument)), 0)  # says why if it may not be read
    raise ShellError(f"%edit: no input declares {argument}, and there is no such file")


@contextmanager
def _no_run_if_it_fails() -> Iterator[None]:
    try:
        yield
    except EditorFailed as error:
        raise ShellError(f"%edit: nothing is run: {error}") from None


def _lend_terminal(command: Sequence[str]) -> int:
    return lend_terminal_to(command, private_input=False)
