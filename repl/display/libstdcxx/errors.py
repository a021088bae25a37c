"""Exceptions, error codes, and the names of types."""

from __future__ import annotations

import os

from repl.display.characters import PLAIN_CHARACTER
from repl.display.libstdcxx.functions import shown_by_name
from repl.display.libstdcxx.reader import Reader
from repl.display.names import as_users_write
from repl.display.nodes import Labelled, Node, Plain, Problem
from repl.display.objects import LayoutError, Object
from repl.display.type_information import class_and_bases, class_of, type_name

# A thrown object comes after a __cxa_exception, whose first member is the address of its
# type_info (Itanium C++ ABI, Exception Handling, 2.2.1, and what libstdc++ added).
_TYPE_BEFORE_OBJECT = 112
_WITH_MESSAGE = {b"St13runtime_error", b"St11logic_error"}
_MESSAGE = 8  # bytes after the virtual table


def _exception_pointer(pointer: Object) -> Node:
    thrown = pointer.any("_M_exception_object", "__ptr_").word()
    if not thrown:
        return Plain("nullptr", None)
    memory = pointer.inspector.memory
    information = pointer.at(thrown, pointer.type).word(-_TYPE_BEFORE_OBJECT)
    name = type_name(memory, information)
    if not name:
        return Problem("an exception of unknown type")
    if _WITH_MESSAGE.intersection(class_and_bases(memory, information)):
        message = _message(pointer.at(thrown + _MESSAGE, pointer.type))
        return Labelled(as_users_write(name), message)
    return shown_by_name(name, pointer, thrown)


def _base_exception(exception: Object) -> Node:
    """Seen as a std::exception: its own class knows more."""
    memory = exception.inspector.memory
    information = class_of(memory, exception.address)
    if not _WITH_MESSAGE.intersection(class_and_bases(memory, information)):
        raise LayoutError("an exception without a message")
    message = _message(exception.at(exception.address + _MESSAGE, exception.type))
    return Labelled(as_users_write(type_name(memory, information)), message)


def _message(cow_string: Object) -> Node:
    return cow_string.inspector.c_string(PLAIN_CHARACTER, cow_string.word())


def _exception(exception: Object) -> Node:
    """One of those whose ``what()`` is a string of theirs."""
    return _message(exception.any("_M_msg", "__imp_"))


def _error_code(code: Object) -> Node:
    number = code.any("_M_value", "__val_").integer()
    memory = code.inspector.memory
    category = type_name(memory, class_of(memory, code.any("_M_cat", "__cat_").word()))
    name = category.rpartition("::")[2].removesuffix("_error_category").lstrip("_") or "?"
    text = f"{name}:{number}"
    if name in ("generic", "system") and number:
        text += f' "{os.strerror(number)}"'
    return Plain(text, number)


def _type_information(information: Object) -> Node:
    return _named(information, information.address)


def _type_index(index: Object) -> Node:
    return _named(index, index["_M_target"].word())


def _named(near: Object, information: int) -> Node:
    name = as_users_write(type_name(near.inspector.memory, information))
    return Plain(name, name) if name else Problem("no type_info")


READERS = {
    "std::__exception_ptr::exception_ptr": Reader(_exception_pointer),
    "std::exception_ptr": Reader(_exception_pointer),
    "std::exception": Reader(_base_exception),
    "std::logic_error": Reader(_exception),
    "std::domain_error": Reader(_exception),
    "std::invalid_argument": Reader(_exception),
    "std::length_error": Reader(_exception),
    "std::out_of_range": Reader(_exception),
    "std::runtime_error": Reader(_exception),
    "std::range_error": Reader(_exception),
    "std::overflow_error": Reader(_exception),
    "std::underflow_error": Reader(_exception),
    "std::error_code": Reader(_error_code),
    "std::error_condition": Reader(_error_code),
    "std::type_info": Reader(_type_information),
    "std::type_index": Reader(_type_index),
}
