"""Strings, views of them, and paths."""

from __future__ import annotations

from repl.display.libstdcxx.reader import Reader, checked_size
from repl.display.nodes import Node
from repl.display.objects import Corrupt, Object

_LOCAL_BYTES = 16  # in the string itself, with the final zero


def _string(string: Object) -> Node:
    character = string.argument(0)
    pointer = string["_M_dataplus"]["_M_p"].word()
    length = checked_size(string["_M_string_length"].integer(), "length")
    local = string["_M_local_buf"].address
    capacity = string["_M_allocated_capacity"].integer()
    if pointer == local:
        capacity = _LOCAL_BYTES // character.size - 1
    if length > capacity:
        raise Corrupt(f"length {length}, capacity {capacity}")
    return string.inspector.string(character, pointer, length)


def _string_view(view: Object) -> Node:
    length = checked_size(view.any("_M_len", "__size_").integer(), "length")
    return view.inspector.string(view.argument(0), view.any("_M_str", "__data_").word(), length)


def _path(path: Object) -> Node:
    return path.any("_M_pathname", "__pn_").show()


READERS = {
    "std::basic_string": Reader(_string),
    "std::basic_string_view": Reader(_string_view),
    "std::filesystem::path": Reader(_path),
}
