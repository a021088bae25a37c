"""The settings in force as a configuration file: ``forkrepl --print-config``."""

from __future__ import annotations

import json
import textwrap

from repl.configuration.setting_kinds import Value
from repl.configuration.settings import all_settings
from repl.configuration.settings_file import LoadedSettings
from runtime.errors import printable

_WIDTH = 88


def print_config(loaded: LoadedSettings) -> str:
    """A complete TOML file, with a comment for each setting. Read again, it gives the
    same settings."""
    return "\n".join([_head(loaded), *_rows(loaded), ""])


def _head(loaded: LoadedSettings) -> str:
    where = "no file was asked for: these are the defaults."
    if loaded.path is not None:
        state = (
            "these are its values, and defaults" if loaded.exists else "does not exist: defaults"
        )
        where = f"{printable(str(loaded.path))} ({state})"
    return "\n".join(
        [
            "# The configuration of forkrepl, with the values in force. The file is TOML, at",
            "# $XDG_CONFIG_HOME/forkrepl/config.toml (~/.config/forkrepl/config.toml); here:",
            f"#   {where}",
            "# A session with a prompt reads it. Scripts, -c and piped inputs do not, unless",
            "# --config=PATH says so. What the command line says wins.",
        ]
    )


def _rows(loaded: LoadedSettings) -> list[str]:
    rows = []
    for setting in all_settings():
        text = (
            f"{setting.summary} Allowed: {setting.kind.allowed}. Default: {_toml(setting.default)}."
        )
        comment = textwrap.wrap(
            text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False
        )
        value = _toml(getattr(loaded.settings, setting.name))
        rows.append("\n".join(["", *comment, f"{setting.name} = {value}"]))
    return rows


def _toml(value: Value) -> str:
    """As TOML has it: its strings, numbers and lists are JSON's."""
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)
