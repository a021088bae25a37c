"""The version that machine code is sent with is that of the installation."""

from __future__ import annotations

from importlib.metadata import version

import forkrepl

from repl.version import VERSION


def test_it_is_what_is_installed() -> None:
    assert version("forkrepl") == VERSION == forkrepl.__version__
