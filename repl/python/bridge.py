"""Between Python's objects and the program's: what evaluates an expression of C++ with arguments of
Python's.

An expression, such as ``::add($*)``, is a *site*. For each combination of arguments' types one
wrapper is compiled for it, and kept while nothing is declared or taken back.
"""

from __future__ import annotations

import itertools
import uuid
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct

from repl.display.inspect import format_value
from repl.errors import CompileError, ShellError, UncaughtException
from repl.python.arguments import argument_of, type_names
from repl.python.callbacks import Callbacks
from repl.python.declared import Declared
from repl.python.errors import CallError, GoneError, UnknownNameError
from repl.python.frame import FRAME, Frame
from repl.python.glue import GLUE, GLUE_TEXT
from repl.python.results import Place, read_result
from repl.python.shared_room import SharedRoom
from repl.python.sites import Compiled, Known, Site, reason
from repl.python.spelling import Argument, HasArgument
from repl.session.values import python_value
from runtime.addresses import ExecutorAddress
from runtime.errors import ForkreplError

if TYPE_CHECKING:
    from repl.python.classes import Classes
    from repl.python.objects import CppObject
    from repl.python.turns import Turns
    from repl.session.live_session import LiveSession

_numbers = itertools.count(1)

_NO_ARGUMENT = {
    f"{GLUE}::NotACharacter": "a text for a char needs one character",
    f"{GLUE}::NotUnicode": "bytes that are not UTF-8 cannot be a text of wide characters",
    f"{GLUE}::WrongCount": "what is assigned to an array, or is one, needs as many elements",
}
"""What wrappers throw, and what is told of it."""


class SentBytes(Struct, frozen=True):
    """What was made of a session for other processes, and of its calls; ``inputs`` and ``made``:
    of what. ``origin``: see ``Portable``. ``is_final``: it has come from one itself."""

    origin: str
    session: bytes = b""
    calls: bytes = b""
    inputs: tuple[object, ...] = ()
    made: tuple[object, ...] = ()
    is_final: bool = False


class Bridge:
    """Of one session. ``turns``: whose turn it is to use it."""

    def __init__(self, live: LiveSession, turns: Turns) -> None:
        self.live = live
        self.turns = turns
        self.declared = Declared(live)
        self.sent = SentBytes(uuid.uuid4().hex)
        self.classes: Classes
        self._room = SharedRoom(live)
        self._known: dict[Site, Known] = {}
        self._callbacks = Callbacks(self._reading)
        self._depth = 0
        self._dropped: deque[tuple[str, ExecutorAddress, int]] = deque()
        self._deletes: dict[str, Site] = {}
        self._free = Site("__builtin_free((void *)$0)")

    def evaluate(self, site: Site, arguments: Sequence[Any], keeps: Any = None) -> Any:
        """The value of a site. ``keeps``: what must live as long as the result.

        Raises CallError, GoneError, and what ``Session.run`` raises.
        """
        with self.turns.take():
            if self._dropped and not self._depth:
                self._destroy()
            return self._evaluate(site, arguments, keeps)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "what belongs to a program of C++ cannot be pickled: send one of its functions, the "
            "session, or values of Python's"
        )

    def prepare(self, site: Site, arguments: Sequence[Any]) -> None:
        """Compile what ``evaluate`` would call for arguments like these, and do not call it.
        Raises CallError."""
        with self.turns.take():
            converted = [argument_of(each) for each in arguments]
            key = tuple([each.key for each in converted])
            compiled = self._known_of(site).compiled.get(key)
            if compiled is None or not self.live.extensions.wrappers.is_current(compiled.wrapper):
                self._compile(site, key, converted, arguments)

    def _known_of(self, site: Site) -> Known:
        known = self._known.get(site)
        if known is None:
            known = self._known[site] = Known()
        return known

    def _evaluate(self, site: Site, arguments: Sequence[Any], keeps: Any) -> Any:
        converted = [argument_of(each) for each in arguments]
        key = tuple([each.key for each in converted])
        known = self._known_of(site)
        if key in known.numbered:
            key = (*key, *self._numbers_of(converted))
        compiled = known.compiled.get(key)
        if compiled is None or not self.live.extensions.wrappers.is_current(compiled.wrapper):
            compiled = self._compile(site, key, converted, arguments)
        offset = FRAME * self._depth
        block = self.live.call_block
        if offset + FRAME > len(block):
            raise ShellError("calls between C++ and Python are nested too deeply")
        frame = Frame(block, offset, self._room, self._callbacks.number_of)
        birth = (
            self.live.extensions.wrappers.born()
        )  # of what it makes: before the program is saved again
        at = 0
        self._depth += 1
        self._room.begin()
        try:
            for each in converted:
                each.pack(frame, at)
                at += each.slots
            self._call(compiled.wrapper.address, offset, site.observes)
            for done in frame.after:
                done()
            reading = _Reading(self, keeps, birth, compiled.expression, arguments)
            return read_result(block, offset, compiled.names, reading)
        finally:  # only now may what is dropped be destroyed: it would use this frame
            self._room.end()
            self._depth -= 1

    def _call(self, address: ExecutorAddress, offset: int, observes: bool) -> None:
        live = self.live
        before, live.on_callback = live.on_callback, self._call_back
        try:
            live.call(address, offset, observes=observes)
        except UncaughtException as error:
            if error.type_name == f"{GLUE}::OutOfRange":
                raise OverflowError("a value does not fit into its type in C++") from None
            if error.type_name in _NO_ARGUMENT:
                raise CallError(_NO_ARGUMENT[error.type_name]) from None
            raised = self._callbacks.take_raised()
            if error.type_name == f"{GLUE}::PythonException" and raised is not None:
                raise raised from None
            raise
        finally:
            live.on_callback = before

    def _reading(self) -> _Reading:
        return _Reading(self, None, self.live.extensions.wrappers.born())

    def _call_back(self, number: int, offset: int) -> bool:
        self._depth += 1
        try:
            return self._callbacks.serve(self.live.call_block, number, offset)
        finally:
            self._depth -= 1

    def _compile(
        self,
        site: Site,
        key: tuple[Hashable, ...],
        converted: Sequence[Argument],
        arguments: Sequence[Any],
    ) -> Compiled:
        known = self._known_of(site)
        state, told = known.failed.get(key, (None, ""))
        if state is self.declared.state:
            raise CallError(told)
        symbol = f"__forkrepl_call_{next(_numbers)}"
        numbers = self._numbers_of(converted)
        try:
            texts, told_of = site.texts(symbol, converted, numbers)
            wrapper = self.live.extensions.wrappers.add(symbol, GLUE_TEXT, list(texts), told_of)
            compiled = Compiled(wrapper, {}, texts.get(wrapper.text, ""))
        except CompileError as error:
            told = f"{site.title}({type_names(arguments)}): {reason(error)}"
            if not self.sent.is_final:  # where there is no Clang, more calls may come
                known.failed[key] = self.declared.state, told
            raise CallError(told) from None
        if f"{GLUE}::Function<" in compiled.wrapper.text and key not in known.numbered:
            known.numbered.add(key)
            key = (*key, *numbers)
        known.compiled[key] = compiled
        return compiled

    def _numbers_of(self, arguments: Sequence[Argument]) -> list[int]:
        return [self._callbacks.number_of(a.function) for a in arguments if a.function is not None]

    def constant(self, expression: str) -> Any:
        """The value of a macro or an enumerator. Raises UnknownNameError if it has none."""
        try:
            return self.live.value(expression)
        except (CompileError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise UnknownNameError(f"{expression} has no value: {reason}") from None

    def value_of(self, owner: Any) -> Any:
        """A copy of an object as ``Session.value`` has it."""
        with self.turns.take():
            type_ = None if owner._cpp_expression else self.declared.value_type(owner._cpp_type)
            if type_ is not None:
                return self.live.extensions.wrappers.look_at(
                    type_, owner._cpp_place(), python_value
                )
        return self._looking(owner, self.live.value)

    def show(self, owner: CppObject) -> str:
        """An object as the shell prints it."""
        place = f"<{owner._cpp_shown_type} at {owner._cpp_place():#x}>"
        if self.live.extensions.wrappers.is_calling:  # then nothing else can run
            return place
        try:
            if self.sent.is_final:
                return self._show_without_clang(owner)
            text: str = self._looking(owner, self.live.show)
        except CompileError:  # its type has no name, or is private
            return place
        return text

    def _show_without_clang(self, owner: CppObject) -> str:
        """As it is printed where the user has no printer of his own."""
        with self.turns.take():
            type_ = self.declared.value_type(owner._cpp_type)
            assert type_ is not None  # or there is a ShellError
            return self.live.extensions.wrappers.look_at(type_, owner._cpp_place(), format_value)

    def _looking(self, owner: CppObject, look: Callable[[str], Any]) -> Any:
        with self.turns.take():
            expression = owner._cpp_expression
            if not expression:
                expression = f"*({owner._cpp_pointer_type()}){owner._cpp_place():#x}UL"
            return look(expression)

    def names_in(self, scope: str) -> list[str]:
        """What can stand behind ``SCOPE::``, or of what is global the names of the inputs."""
        if not scope:
            return self.declared.names()
        return self.declared.names_within(scope)

    # Objects that Python has forgotten.

    def drop(self, type_name: str, address: ExecutorAddress, birth: int) -> None:
        """Destroy an object that is ours: now, or, where this is the midst of something, when the
        program is next used."""
        self._dropped.append((type_name, address, birth))
        if not self.turns.is_free():
            return
        with suppress(ForkreplError), self.turns.take():
            self._destroy()

    def _destroy(self) -> None:
        while self._dropped:
            type_name, address, birth = self._dropped.popleft()
            if not self.live.extensions.wrappers.is_there(birth):
                continue
            try:
                self._evaluate(self.delete(type_name), [address], None)
            except CallError:
                pass  # its class has been undone: nothing knows how to destroy it
            except ForkreplError as error:
                self.live.warn(f"warning: the destructor of {type_name}: {error}")

    def delete(self, type_name: str) -> Site:
        """What destroys an object, by its address."""
        site = self._deletes.get(type_name)
        if site is None:
            site = self._deletes[type_name] = Site(f"delete ({type_name} *)$0")
        return site

    def free_text(self, address: ExecutorAddress) -> None:
        """Of a text that was made for a result."""
        self._evaluate(self._free, [address], None)


class _Reading:
    """A ``Reader`` for one result. ``keeps``: what its object is a part of; ``birth``: of that;
    ``expression``: what it is the value of, "" if that is not known; ``arguments``: of the call."""

    def __init__(
        self,
        bridge: Bridge,
        keeps: Any,
        birth: int,
        expression: str = "",
        arguments: Sequence[Any] = (),
    ) -> None:
        self._arguments = arguments
        self._bridge = bridge
        self._keeps = keeps
        self._birth = birth
        self._expression = expression

    def read_memory(self, address: int, size: int) -> bytes:
        data = self._bridge.live.extensions.wrappers.read(ExecutorAddress(address), size)
        if len(data) != size:
            raise GoneError("what a call has returned cannot be read")
        return data

    def read_name(self, address: int, most: int) -> bytes:
        page = 4096
        data = b""
        while len(data) < most and b"\0" not in data:
            at = address + len(data)
            more = self._bridge.live.extensions.wrappers.read(ExecutorAddress(at), page - at % page)
            if not more:
                raise ShellError("the program answered a call with nonsense (a name)")
            data += more
        return data.partition(b"\0")[0]

    def free_text(self, address: ExecutorAddress) -> None:
        self._bridge.free_text(address)

    def object_at(self, place: Place) -> Any:
        keeps = self._keeps if place.is_owned else self._owners()
        return self._bridge.classes.proxy(place, keeps, self._birth, self._expression)

    def _owners(self) -> Any:
        """Of what a reference may refer to: whatever the function was given. (Not these
        themselves: a list that is walked along would never be forgotten.)"""
        owners: dict[int, Any] = {}
        for each in (self._keeps, *self._arguments):
            found = each._cpp_owner() if isinstance(each, HasArgument) else None
            for owner in found if isinstance(found, tuple) else (found,):
                if owner is not None:
                    owners[id(owner)] = owner
        return tuple(owners.values()) or None

    def enumerator(self, type_name: str, value: int) -> Any:
        return self._bridge.declared.enumerator(type_name, value)

    def address_of(self, address: ExecutorAddress, type_name: str) -> Any:
        from repl.python.pointers import CppPointer

        return CppPointer(self._bridge, address, type_name, self._birth, self._owners())
