"""Executors that are not ours: a process that says what a test wants."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from repl import native_programs
from runtime.addresses import PAGE_SIZE, RO, ExecutorAddress
from runtime.executor_client.calls import CallMemory
from runtime.executor_client.child import ExecutorProcess
from runtime.protocol import wire
from runtime.protocol.machine import OWN_MACHINE

SIZE = 16 * PAGE_SIZE

NOWHERE = ExecutorAddress(0)

PEER = """#!{python} -SE
import os, socket, struct, sys, time
connection = socket.socket(fileno=int(sys.argv[1]))

def take():
    size, operation, _ = struct.unpack("<IHH", connection.recv(8, socket.MSG_WAITALL))
    connection.recv(size, socket.MSG_WAITALL) if size else b""
    return operation

def send(operation, payload=b"", error=0, size=None):
    size = len(payload) if size is None else size
    connection.sendall(struct.pack("<IHH", size, operation, error) + payload)

def greet():
    send(take(), struct.pack("<IIQQ", {version}, os.getpid(), 4096, {machine}))

{body}
"""


Method = Callable[[ExecutorProcess], object]


def methods() -> dict[str, Method]:
    return {
        "run": lambda p: p.run([]),
        "print_value": lambda p: p.print_value(NOWHERE, NOWHERE, [], lambda _, __: True),
        "call": lambda p: p.call(CallMemory(None, None), NOWHERE, NOWHERE, 0),
        "run_main": lambda p: p.run_main(ExecutorAddress(0), ["x"]),
        "read_memory": lambda p: p.read_memory(ExecutorAddress(4096), 16),
        "lookup": lambda p: p.lookup(["malloc", "free"]),
        "map_memory": lambda p: p.map_memory(SIZE, 0),
        "unmap_memory": lambda p: p.unmap_memory(ExecutorAddress(PAGE_SIZE), SIZE),
        "protect_memory": lambda p: p.protect_memory([(ExecutorAddress(0), PAGE_SIZE, RO)]),
        "load_library": lambda p: p.load_library("libm.so.6"),
        "close_unit": lambda p: p.close_unit(ExecutorAddress(1)),
        "set_arguments": lambda p: p.set_arguments(["a"]),
        "shutdown": lambda p: p.shutdown(),
    }


def start_peer(folder: Path, body: str) -> ExecutorProcess:
    """A program that is started like the executor and then does ``body``."""
    path = folder / "peer"
    text = PEER.format(python=sys.executable, version=wire.VERSION, machine=OWN_MACHINE, body=body)
    path.write_text(text)
    path.chmod(0o755)
    return ExecutorProcess(path)


class RawExecutor:
    """The executor's socket without the controller's half of the protocol."""

    def __init__(self) -> None:
        self.connection, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [native_programs.executor(), str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )

    def ask(self, operation: int, payload: bytes = b"") -> tuple[int, int, bytes]:
        self.connection.sendall(wire.HEAD.pack(len(payload), operation, 0) + payload)
        head = self.connection.recv(wire.HEAD.size, socket.MSG_WAITALL)
        size, answered, error = wire.HEAD.unpack(head)
        reply = self.connection.recv(size, socket.MSG_WAITALL) if size else b""
        return answered, error, reply

    def close(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()
