"""``forkrepl executor``: an executor that others connect to."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys

from repl import native_programs
from repl.command_line.connect_options import address_argument
from repl.command_line.option_parser import OptionParser
from repl.command_line.token_files import token_file
from repl.errors import ShellError
from runtime.listener_process.log import Log
from runtime.listener_process.server import ExecutorServer, Signals
from runtime.protocol.listener_address import is_private, listening
from runtime.protocol.tokens import make_token


def main(arguments: list[str]) -> int:
    """Carry out ``forkrepl executor ARGUMENTS``; returns the exit status.

    Raises RuntimeFailure or ShellError if it cannot be done.
    """
    parser = _parser()
    options, operands = parser.parse_until_operand(arguments)
    if operands:
        parser.error(f"unrecognized arguments: {' '.join(operands)}")
    wrapper = _wrapper(options.wrapper)
    command = [*wrapper, os.fspath(native_programs.executor())]
    token = make_token()
    with contextlib.ExitStack() as stack:
        signals = stack.enter_context(Signals())  # from here on, so that all files go
        connection, address = stack.enter_context(listening(options.listen))
        if options.token_file is not None:
            stack.enter_context(token_file(options.token_file, token))
        log = stack.enter_context(Log(sys.stderr.fileno()))
        if not is_private(address):
            log.add(
                f"warning: traffic to {address} is not encrypted: on a network that others share, "
                "listen on localhost and tunnel it through ssh -L"
            )
        if signals.wait_until_writable(sys.stdout.fileno()):
            shown = "" if options.token_file is not None else f" token {token}"
            print(f"listening on {address}{shown}", flush=True)
        server = ExecutorServer(connection, token, command, signals, log, is_debugger=bool(wrapper))
        server.serve(once=options.once)
    return 0


def _parser() -> OptionParser:
    parser = OptionParser(
        "forkrepl executor", "forkrepl executor --listen ADDRESS [options]", _help_text
    )
    add = parser.add_argument
    add(
        "--listen",
        required=True,
        type=address_argument,
        metavar="ADDRESS",
        help="unix:PATH or HOST:PORT; without HOST this machine only, port 0 is any free one.",
    )
    add("--token-file", metavar="FILE", help="Write the token to FILE instead of printing it.")
    add("--once", action="store_true", help="End after one session.")
    add("--wrapper", default="", metavar="COMMAND", help="As in --wrapper 'gdb --args'.")
    parser.add_help_option()
    return parser


def _help_text(parser: OptionParser) -> str:
    from repl.command_line.help_page import add_options, begin_page  # only when it is wanted

    page = begin_page(
        parser,
        "forkrepl executor - run programs for shells that connect, one at a time",
        "It prints one line: 'listening on ADDRESS token TOKEN'. Give both to 'forkrepl "
        "--connect ADDRESS', the token as FORKREPL_TOKEN or in a file (--token-file). Standard "
        "input, output and error are those of the program that is run. SIGTERM or Ctrl-C ends it.",
    )
    add_options(page, parser)
    page.heading("See also")
    page.paragraph("forkrepl --help")
    return page.text()


def _wrapper(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        _parser().error(f"argument --wrapper: {error}: {text}")
    if words and shutil.which(words[0]) is None:
        raise ShellError(f"cannot start the wrapper: no program {words[0]}")
    return words
