"""What somebody may want to know of a link while it happens: for times and maps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from runtime.linker.link_graph import LinkGraph
    from runtime.linker.passes.layout import SegmentMemory, Tables


class LinkPicture(Struct, frozen=True):
    """A finished link; nothing of it changes any more. ``groups``: signatures of the
    COMDAT groups that stay."""

    graph: LinkGraph
    tables: Tables
    segments: Sequence[SegmentMemory]
    groups: Sequence[str]


class LinkReport:
    """Is told by ``linker.link`` how far it is. This one does not listen."""

    def lap(self, name: str) -> None:
        """The pass ``name`` is done, and the next one begins."""

    def linked(self, picture: LinkPicture) -> None:
        """Called when the link is done."""


SILENT = LinkReport()


class PictureReport(LinkReport):
    """Keeps the ``picture`` (None before the link is done) and tells ``other`` all."""

    def __init__(self, other: LinkReport) -> None:
        self.picture: LinkPicture | None = None
        self._other = other

    def lap(self, name: str) -> None:
        """See ``LinkReport``."""
        self._other.lap(name)

    def linked(self, picture: LinkPicture) -> None:
        """See ``LinkReport``."""
        self.picture = picture
        self._other.linked(picture)


class RecordingReport(LinkReport):
    """Keeps what it is told.

    ``passes``: milliseconds of each, the first one since the report was made;
    ``picture``: None before the link is done.
    """

    def __init__(self) -> None:
        self.passes: dict[str, float] = {}
        self.picture: LinkPicture | None = None
        self.restart()

    def restart(self) -> None:
        """The next pass begins only now."""
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """See ``LinkReport``."""
        self.passes[name] = (time.perf_counter() - self._last) * 1e3
        self.restart()

    def linked(self, picture: LinkPicture) -> None:
        """See ``LinkReport``."""
        self.picture = picture
