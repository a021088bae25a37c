"""``--connect`` and ``--token-file``: where the program runs, if not in a child."""

from __future__ import annotations

import argparse
import os
import sys

from repl.command_line.option_parser import OptionParser
from repl.errors import ShellError
from runtime.protocol import tokens
from runtime.protocol.listener_address import Address, Listener, TcpAddress, parse_address


def add_connect_options(parser: OptionParser) -> None:
    """Add the options that ``find_listener`` reads."""
    parser.add_argument(
        "--connect",
        type=connect_argument,
        metavar="ADDRESS",
        help="Run programs where 'forkrepl executor' listens: unix:PATH or HOST:PORT.",
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help="The token of --connect (or FORKREPL_TOKEN)."
    )


def address_argument(text: str) -> Address:
    """For argparse."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def connect_argument(text: str) -> Address:
    """For argparse: an address that somebody can listen on."""
    address = address_argument(text)
    if isinstance(address, TcpAddress) and address.port == 0:
        raise argparse.ArgumentTypeError(f"nobody listens on port 0, in '{text}'")
    return address


def find_listener(parser: OptionParser, options: argparse.Namespace) -> Listener | None:
    """What ``--connect`` names, with its token; None without it.

    Raises ShellError if there is no token; wrong usage ends with status 2.
    """
    if options.connect is None:
        if options.token_file is not None:
            parser.error("--token-file is of no use without --connect")
        return None
    return Listener(options.connect, _token(options.connect, options.token_file))


def _token(address: Address, token_file: str | None) -> str:
    if token_file is not None:
        from repl.command_line.token_files import read_token  # takes time to import

        return read_token(token_file)
    token = os.environ.get(tokens.VARIABLE, "").strip()
    if not token and sys.stdin.isatty():
        token = _ask_for_token(address)
    if not token:
        raise ShellError(
            f"no token for the listener at {address}: set FORKREPL_TOKEN to what it printed, or "
            "give --token-file FILE"
        )
    return token


def _ask_for_token(address: Address) -> str:
    from getpass import getpass

    try:
        return getpass(f"Token of {address}: ").strip()
    except EOFError:
        return ""
