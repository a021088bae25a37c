"""The process of a kernel: its sockets and threads are ipykernel's."""

from __future__ import annotations

import logging
import os
import signal
from types import FrameType
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from zmq.eventloop.zmqstream import ZMQStream

from repl.jupyter.displays import Displays
from repl.jupyter.input import ProgramInput
from repl.jupyter.notebook_kernel import ForkreplKernel
from repl.jupyter.notebook_shell import NotebookShell
from repl.jupyter.output import OutputPipes

_MOST_WAITING = 20_000  # messages for a frontend that is slow; more are dropped


class KernelApp(IPKernelApp):
    """Of IPython it has nothing: no profile, no configuration, no shell."""

    name = "forkrepl-kernel"

    def __init__(
        self,
        connection_file: str,
        shell: NotebookShell,
        output: OutputPipes,
        given: ProgramInput,
        displays: Displays,
    ) -> None:
        super().__init__(connection_file=os.path.abspath(connection_file))
        self._shell = shell
        self._output = output
        self._input = given
        self._displays = displays

    def initialize(self, argv: object = None) -> None:
        """Open the sockets, and make the kernel."""
        self.log.handlers = [logging.StreamHandler(self._output.log)]
        self.log.setLevel(logging.WARNING)
        self.log.propagate = False
        self.init_connection_file()
        self.init_poller()
        self.init_sockets()
        self.init_heartbeat()
        self.write_connection_file()
        self.init_signal()
        self.init_kernel()

    def init_iopub(self, context: Any) -> None:
        """As ipykernel does, with room for more messages."""
        context.sndhwm = _MOST_WAITING
        super().init_iopub(context)

    def init_signal(self) -> None:
        """Ctrl-C means nothing while no cell runs.

        It is not ignored, as that would be inherited.
        """

        def do_nothing(number: int, frame: FrameType | None) -> None:
            pass

        signal.signal(signal.SIGINT, do_nothing)

    def init_kernel(self) -> None:
        """Make the kernel."""
        shell_stream = ZMQStream(self.shell_socket, self.shell_channel_thread.io_loop)
        self.shell_channel_thread.shell_stream = shell_stream
        control_stream = ZMQStream(self.control_socket, self.control_thread.io_loop)
        self.control_thread.start()
        self.shell_channel_thread.start()
        self.kernel = ForkreplKernel.instance(
            parent=self,
            session=self.session,
            control_stream=control_stream,
            debug_shell_socket=self.debug_shell_socket,
            shell_stream=shell_stream,
            control_thread=self.control_thread,
            shell_channel_thread=self.shell_channel_thread,
            iopub_thread=self.iopub_thread,
            iopub_socket=self.iopub_socket,
            stdin_socket=self.stdin_socket,
            log=self.log,
            shell=self._shell,
            output=self._output,
            displays=self._displays,
            program_input=self._input,
        )
        self.kernel.record_ports({name + "_port": port for name, port in self._ports.items()})

    def reset_io(self) -> None:
        """Nothing of Python's has been replaced."""
