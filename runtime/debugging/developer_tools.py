"""Debuggers and profilers, which are told of each unit only if somebody wants it: it
costs time and the executor's memory."""

from __future__ import annotations

from msgspec import Struct

from runtime.addresses import ExecutorAddress
from runtime.debugging.debug_objects import debug_objects
from runtime.debugging.perf_map import perf_map
from runtime.executor_client.interface import ExecutorProcessControl
from runtime.linker.link_graph import LinkGraph


class DeveloperTools(Struct, frozen=True):
    """Which tools are told of units: gdb, perf, both or none."""

    debuggers: bool = False
    perf: bool = False

    def __bool__(self) -> bool:
        return self.debuggers or self.perf

    def show(
        self, process: ExecutorProcessControl, graph: LinkGraph, dso_handle: ExecutorAddress
    ) -> None:
        """Tell them of a unit that has been registered; its end takes it back.

        Raises LinkError or ExecutorError if that is not possible.
        """
        if self.perf:
            process.append_perf_map(perf_map(graph))
        if self.debuggers:
            for contents in debug_objects(graph):
                process.add_debug_object(dso_handle, contents)
