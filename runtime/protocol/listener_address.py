"""Where a listener is: ``unix:PATH`` or ``HOST:PORT``; how to listen and connect there.

A listener is what ``forkrepl executor`` runs (``executor_server``).
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from runtime.errors import ExecutorError
from runtime.kernel_calls.limits import reason

_LONGEST_PATH = 107  # bytes: sun_path of unix(7) without its NUL
_LOOPBACK = "127.0.0.1"
_TICK = 0.01  # s


class UnixAddress(Struct, frozen=True):
    """A socket in the file system."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


class TcpAddress(Struct, frozen=True):
    """``port`` 0 stands for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


Address = UnixAddress | TcpAddress


class Listener(Struct, frozen=True):
    """Where an executor is to be had, and the secret that opens it."""

    address: Address
    token: str

    def __repr__(self) -> str:  # the secret shall not be in any message
        return f"Listener({self.address!r})"


def parse_address(text: str) -> Address:
    """Raises ValueError, with a message for the user."""
    if not text.isprintable():  # the listener prints it, on one line
        raise ValueError(f"{text!r} is no address: it has characters that cannot be printed")
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        size = len(os.fsencode(path))
        if not path:
            raise ValueError(f"'{text}' names no file: write unix:PATH")
        if size > _LONGEST_PATH:
            raise ValueError(
                f"the path of a socket has at most {_LONGEST_PATH} bytes, this one {size}: {path}"
            )
        return UnixAddress(path)
    host, colon, port = text.rpartition(":")
    if not colon or "/" in host or any(character.isspace() for character in host):
        raise ValueError(f"'{text}' is no address: write unix:PATH or HOST:PORT")
    if not (port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise ValueError(f"'{port}' is no port (0 to 65535), in '{text}'")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"'{text}' is no address: write [HOST]:PORT for IPv6")
    return TcpAddress(_LOOPBACK if host in ("", "localhost") else host, int(port))


def is_private(address: Address) -> bool:
    """Whether what is sent there stays on this machine, as far as the address tells."""
    if isinstance(address, UnixAddress):
        return True
    import ipaddress  # only listeners need it

    try:
        return ipaddress.ip_address(address.host).is_loopback
    except ValueError:  # a name
        return False


@contextmanager
def listening(address: Address) -> Iterator[tuple[socket.socket, Address]]:
    """A socket that listens, and the address that it got; a socket file goes at the end.

    Raises ExecutorError if that is not possible.
    """
    try:
        with contextlib.ExitStack() as stack:
            if isinstance(address, UnixAddress):
                connection = stack.enter_context(socket.socket(socket.AF_UNIX))
                stack.enter_context(_socket_file(connection, address.path))
            else:
                connection, address = _bind_port(address)
                stack.enter_context(connection)
            connection.listen()
            connection.setblocking(False)
            kept = stack.pop_all()
    except (OSError, UnicodeError) as error:
        raise ExecutorError(f"cannot listen on {address}: {reason(error)}") from error
    with kept:
        yield connection, address


def connect(address: Address, timeout: float) -> socket.socket:
    """A connection within ``timeout`` s, with that as its timeout. Raises ExecutorError."""
    try:
        if isinstance(address, TcpAddress):
            connection = socket.create_connection((address.host, address.port), timeout)
            configure(connection)
            return connection
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(timeout)
            _connect_when_there_is_room(connection, address.path, time.monotonic() + timeout)
        except BaseException:
            connection.close()
            raise
        return connection
    except (OSError, UnicodeError) as error:
        raise ExecutorError(
            f"cannot connect to {address}: {reason(error)}; "
            "is 'forkrepl executor --listen' running there?"
        ) from error


def _connect_when_there_is_room(connection: socket.socket, path: str, deadline: float) -> None:
    # With a timeout it does not wait itself while too many others are to be accepted (EAGAIN).
    while True:
        try:
            return connection.connect(path)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_TICK)


def configure(connection: socket.socket) -> None:
    """Set what a TCP connection of ours needs on either side; others need nothing."""
    if connection.family == socket.AF_UNIX:
        return
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small frames, in turns
    # The user's program may be silent for days; a peer that lost its network is found out
    # within a minute.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def _bind_port(address: TcpAddress) -> tuple[socket.socket, TcpAddress]:
    family, kind, protocol, _, where = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    connection = socket.socket(family, kind, protocol)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(where)
    except BaseException:
        connection.close()
        raise
    return connection, TcpAddress(address.host, connection.getsockname()[1])


@contextmanager
def _socket_file(connection: socket.socket, path: str) -> Iterator[None]:
    """The file that ``connection`` is bound to, for its owner alone."""
    _remove_dead_socket(path)
    before = os.umask(0o177)
    try:
        connection.bind(path)
    finally:
        os.umask(before)
    made = os.lstat(path)
    try:
        yield
    finally:
        remove_if_same(path, made)


def remove_if_same(path: str, made: os.stat_result) -> None:
    """Remove a file, unless another has taken its place."""
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.lstat(path), made):
            os.unlink(path)


def _remove_dead_socket(path: str) -> None:
    """Make room for a socket file, if all that is there is one that nobody serves."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise ExecutorError(f"cannot listen on unix:{path}: the file exists and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            remove_if_same(path, found)
            return
        except BlockingIOError:  # there, with a full queue
            pass
    raise ExecutorError(f"cannot listen on unix:{path}: another program listens there")
