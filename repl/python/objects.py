"""Objects of the program's: proxies, and the operators that C++ may have for them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from repl.python.errors import CallError, GoneError, UnknownNameError
from repl.python.frame import Frame
from repl.python.sites import Site
from repl.python.spelling import Argument, HasArgument

if TYPE_CHECKING:
    from repl.python.bridge import Bridge
    from runtime.addresses import ExecutorAddress


class CppObject(HasArgument):
    """An object that lives in the program. If it was made for Python, by a constructor or as the
    value of a call, it is destroyed when Python forgets it; otherwise it is the program's."""

    __slots__ = (
        "__weakref__",
        "_cpp_address",
        "_cpp_birth",
        "_cpp_bridge_",
        "_cpp_expression",
        "_cpp_is_owned",
        "_cpp_keeps",
        "_cpp_type",
    )
    _cpp_is_gone = False
    _cpp_names: frozenset[str] | set[str] = frozenset()
    _cpp_query = ""
    _cpp_bridge_: Bridge
    _cpp_address: ExecutorAddress
    _cpp_birth: int
    _cpp_type: str
    _cpp_expression: str
    _cpp_is_owned: bool
    _cpp_keeps: Any

    @staticmethod
    def _cpp_make(
        cls: type[Any],
        bridge: Bridge,
        address: ExecutorAddress,
        type_name: str,
        birth: int,
        is_owned: bool,
        keeps: Any,
    ) -> CppObject:
        made: CppObject = object.__new__(cls)
        made._cpp_bridge_ = bridge
        made._cpp_address = address
        made._cpp_birth = birth
        made._cpp_type = type_name
        made._cpp_expression = ""
        made._cpp_is_owned = is_owned
        made._cpp_keeps = keeps
        return made

    def __del__(self) -> None:
        if getattr(self, "_cpp_is_owned", False):
            self._cpp_bridge_.drop(self._cpp_type, self._cpp_address, self._cpp_birth)

    def _cpp_place(self) -> ExecutorAddress:
        """Raises GoneError."""
        self._cpp_bridge_.classes.check(type(self))
        if self._cpp_is_gone:
            raise GoneError(
                f"another class is {self._cpp_shown_type} now, or none: this object is lost"
            )
        if not self._cpp_bridge_.live.extensions.wrappers.is_there(self._cpp_birth):
            raise GoneError(
                f"this {self._cpp_shown_type} is gone: the program is as it was before it was made"
            )
        return self._cpp_address

    @property
    def _cpp_shown_type(self) -> str:
        """For messages: ``_cpp_type`` may be an expression's."""
        named: str = getattr(type(self), "__cpp_name__", "")
        return named if self._cpp_query and named else self._cpp_type

    def _cpp_owner(self) -> Any:
        return self if self._cpp_is_owned else self._cpp_keeps

    def _cpp_pointer_type(self) -> str:
        return f"{self._cpp_type} *"

    def _cpp_argument(self) -> Argument:
        if self._cpp_expression:
            self._cpp_place()
            name = self._cpp_expression
            return Argument(("name", name), (name, name, f"&{name}"), _nothing, slots=0)
        return object_argument(self._cpp_type, self._cpp_place())

    def __repr__(self) -> str:
        try:
            return self._cpp_bridge_.show(self)
        except GoneError as error:
            return f"<{error}>"

    def __getattr__(self, name: str) -> Any:
        """What a smart pointer points at has it."""
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if "operator->" in self._cpp_all_names():
            target = self._cpp_bridge_.evaluate(_TARGET, (self,), self)
            if type(target) is not type(self):
                return getattr(target, name)
        with suppress(AttributeError, CallError):  # an enumerator of its class
            return getattr(type(self), name)
        names = [each for each in dir(type(self)) if not each.startswith("_")]
        raise UnknownNameError(
            f"{self._cpp_shown_type} has no member {name}"
            + self._cpp_bridge_.declared.similar(name, names)
        )

    def __eq__(self, other: object) -> Any:
        return _compare(_EQUAL, self, other)

    def __ne__(self, other: object) -> Any:
        return _compare(_UNEQUAL, self, other)

    def __hash__(self) -> int:
        """What std::hash says, if there is one for the class; else each object has its own."""
        try:
            return hash(self._cpp_bridge_.evaluate(_HASH, (self,)))
        except (CallError, GoneError):
            return hash(self._cpp_identity())

    def _cpp_identity(self) -> tuple[int, int]:
        return (self._cpp_address, self._cpp_birth if self._cpp_is_owned else 0)

    def __bool__(self) -> bool:
        names = self._cpp_all_names()
        if "operator bool" in names:
            return bool(self._cpp_bridge_.evaluate(_TRUTH, (self,)))
        if "size" in names and "begin" in names:
            return bool(len(self))
        return True

    @classmethod
    def _cpp_all_names(cls) -> set[str]:
        return set().union(*(getattr(each, "_cpp_names", ()) for each in cls.__mro__))

    def __copy__(self) -> Any:
        return type(self)(self)  # type: ignore[call-arg]

    def __deepcopy__(self, _: Any) -> Any:
        return type(self)(self)  # type: ignore[call-arg]

    def __reduce__(self) -> Any:
        raise TypeError(
            f"an object of C++ ({self._cpp_shown_type}) lives in its program and cannot be "
            "pickled: make it a value of Python's first"
        )


def object_argument(type_name: str, address: int) -> Argument:
    """An object of the program's."""
    lvalue = f"__f.object<{type_name}>(#)"
    spelled = (
        lvalue,
        lvalue,
        f"__builtin_addressof({lvalue})",
        f"__f.either<{type_name}>(#)",
        f"static_cast<{type_name} &&>({lvalue})",
    )
    return Argument(("object", type_name), spelled, lambda frame, at: frame.put_word(at, address))


class Unnamed(CppObject):
    """An object of a class that nobody else can name: a lambda, or one of a function's own. It
    can be used by the name of its variable."""

    __slots__ = ()

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        return self._cpp_bridge_.evaluate(_CALL, (self, *arguments), self)


def _nothing(frame: Frame, at: int) -> None:
    pass


_EQUAL = Site("static_cast<bool>($0 == $1)", observes=True, most=1)
_UNEQUAL = Site("static_cast<bool>($0 != $1)", observes=True, most=1)
_CALL = Site("$0($*)")
_TARGET = Site("*$0.operator->()", "*$0", observes=True, most=1)
_HASH = Site(
    "::std::hash<__forkrepl_glue::Mutable<__forkrepl_glue::Bare<decltype($0)>::Type>::Type>{}($0)",
    observes=True,
    most=1,
)
_TRUTH = Site("static_cast<bool>($0)", observes=True)


def _compare(site: Site, left: CppObject, right: object) -> Any:
    try:
        return left._cpp_bridge_.evaluate(site, (left, right))
    except CallError:
        if isinstance(right, CppObject):
            is_same = left._cpp_address == right._cpp_address and left._cpp_type == right._cpp_type
            return is_same is (site is _EQUAL)
        if isinstance(right, (list, tuple)) and hasattr(left, "__iter__"):
            return (list(left) == list(right)) is (site is _EQUAL)
        if isinstance(right, str) and left._cpp_bridge_.classes.is_text(left._cpp_shown_type):
            return (left._cpp_bridge_.value_of(left) == right) is (site is _EQUAL)
        return NotImplemented


_BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "mod": "%", "and": "&", "or": "|",
    "xor": "^", "lshift": "<<", "rshift": ">>",
}  # fmt: skip
_ORDER = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_UNARY = {"neg": "-", "pos": "+", "invert": "~"}
# Those that Python has none for, by cppyy's names.
_NAMED = {
    "deref": "*$0", "preinc": "++$0", "predec": "--$0", "postinc": "$0++", "postdec": "$0--",
    "follow": "$0.operator->()", "comma": "($0, $1)", "assign": "$0 = $1",
}  # fmt: skip


def _add_operators() -> None:
    """Any may be declared outside of the class, or later: Clang is asked when it is used."""
    for name, symbol in {**_BINARY, **_ORDER}.items():
        setattr(
            CppObject,
            f"__{name}__",
            _binary(Site(f"$0 {symbol} $1", observes=name in _ORDER, most=1)),
        )
    for name, symbol in _BINARY.items():
        setattr(CppObject, f"__r{name}__", _binary(Site(f"$1 {symbol} $0", most=1)))
        setattr(CppObject, f"__i{name}__", _in_place(Site(f"(void)($0 {symbol}= $1)", most=1)))
    for name, symbol in _UNARY.items():
        setattr(CppObject, f"__{name}__", _unary(Site(f"{symbol}$0", most=1)))
    for name, expression in _NAMED.items():
        setattr(CppObject, f"__{name}__", _named(expression))


def _binary(site: Site) -> Any:
    def operate(self: CppObject, other: Any) -> Any:
        bridge = self._cpp_bridge_
        try:
            return bridge.evaluate(site, (self, other))
        except CallError:
            if isinstance(other, str) and bridge.classes.is_text(self._cpp_shown_type):
                return bridge.evaluate(site, (self, type(self)(other)))  # type: ignore[call-arg]
            return NotImplemented

    return operate


def _in_place(site: Site) -> Any:
    def operate(self: CppObject, other: Any) -> Any:
        try:
            self._cpp_bridge_.evaluate(site, (self, other))
        except CallError:
            return NotImplemented
        return self

    return operate


def _named(expression: str) -> Any:
    site = Site(expression, is_strict=True)
    if "$1" in expression:

        def combine(self: CppObject, other: Any) -> Any:
            return self._cpp_bridge_.evaluate(site, (self, other), self)

        return combine

    def operate(self: CppObject) -> Any:
        return self._cpp_bridge_.evaluate(site, (self,), self)

    return operate


def _unary(site: Site) -> Any:
    def operate(self: CppObject) -> Any:
        return self._cpp_bridge_.evaluate(site, (self,))

    return operate


_add_operators()
