"""Classes of C++ as Python's classes: made when the first object, or the name, is met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repl.python.arrays import CppArray, is_array
from repl.python.containers import container_methods
from repl.python.conversions import conversion_methods
from repl.python.declared import type_of_expression
from repl.python.errors import CallError, UnknownNameError
from repl.python.functions import Member, Method, documentation, template_arguments
from repl.python.objects import CppObject, Unnamed
from repl.python.results import Place
from repl.python.sites import Site
from repl.python.variables import Static

if TYPE_CHECKING:
    from collections.abc import Iterator

    from repl.clang.protocol import Declaration, DeclaredMember
    from repl.python.bridge import Bridge
    from repl.python.declared import State


class CppClass(type):
    """The class of a class of C++. Called, it makes an object, which goes with its proxy."""

    __cpp_name__: str
    _cpp_bridge: Bridge
    _cpp_new: Site
    _cpp_key: object
    _cpp_is_gone: bool
    _cpp_names: set[str]
    _cpp_query: str

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> CppClass:
        if "_cpp_new" not in namespace:
            raise TypeError(
                f"{name}: a class of C++ cannot be a base class of one of Python's: derive from it "
                "in C++"
            )
        return super().__new__(mcs, name, bases, namespace)

    def __call__(cls, *arguments: Any, **members: Any) -> Any:
        site = cls._cpp_new
        if members:  # of an aggregate
            if not all(map(str.isidentifier, members)):
                raise CallError(f"{cls.__cpp_name__}: no members are called {', '.join(members)}")
            first = len(arguments)
            values = [f"${index}" for index in range(first)]
            values += [f".{name} = ${first + index}" for index, name in enumerate(members)]
            site = Site(
                f"new {cls.__cpp_name__}{{{', '.join(values)}}}", form="new", is_strict=True
            )
            arguments = (*arguments, *members.values())
        made = cls._cpp_bridge.evaluate(site, arguments)
        if cls.__cpp_name__.startswith(_OWNERS) and arguments:
            _hand_over(cls._cpp_bridge, made, arguments[0])
        return made

    def __getattr__(cls, name: str) -> Any:
        """Static members, classes and enumerators within it."""
        if name.startswith("__") or "_cpp_bridge" not in vars(cls):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return getattr(cls._cpp_bridge.classes.scope(cls), name)

    def __setattr__(cls, name: str, value: Any) -> None:
        """Static variables are C++'s; all else that Python adds is Python's own."""
        static = next((vars(each)[name] for each in cls.__mro__ if name in vars(each)), None)
        if isinstance(static, Static):
            static.__set__(None, value)
        else:
            super().__setattr__(name, value)

    def _cpp_members(cls) -> Iterator[Member]:
        """The variables of its objects."""
        found = (each for base in cls.__mro__ for each in vars(base).values())
        return (each for each in found if isinstance(each, Member))

    def __dir__(cls) -> list[str]:
        named = (each for each in cls._cpp_names if each.isidentifier())
        return sorted({*super().__dir__(), *named})

    def __repr__(cls) -> str:
        return f"<C++ class {cls.__name__}>"


class CppTemplate:
    """A template of classes: ``[...]`` gives a class."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self.__name__ = name.rpartition("::")[2]
        self.__cpp_name__ = name

    def __getitem__(self, key: Any) -> Any:
        name = f"{self.__cpp_name__}<{template_arguments(key)}>"
        return self._bridge.classes.named(name)

    def __call__(self, *arguments: Any) -> Any:
        """An object whose template arguments follow from those of the constructor; of types only,
        the class, as ``[...]``."""
        if arguments and all(isinstance(each, _TYPES) for each in arguments):
            return self[arguments]
        return self._bridge.evaluate(Site(f"{self.__cpp_name__}($*)", is_template=True), arguments)

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return documentation(self._bridge.declared.find(self.__cpp_name__))

    def __repr__(self) -> str:
        return f"<C++ template {self.__cpp_name__}>"


class BuiltIn:
    """A type that has no class: ``gbl.int(5)`` is a number."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._make = Site(f"static_cast<{name}>($0)", observes=True)
        self._bridge = bridge
        self.__name__ = self.__cpp_name__ = name

    def __call__(self, value: Any = 0) -> Any:
        """The value, as this type has it."""
        return self._bridge.evaluate(self._make, (value,))

    def __repr__(self) -> str:
        return f"<C++ type {self.__name__}>"


_TYPES = (type, BuiltIn)
_OWNERS = (
    "std::shared_ptr<", "std::unique_ptr<", "std::__1::shared_ptr<", "std::__1::unique_ptr<",
)  # fmt: skip
_TEXTS = ("std::basic_string<", "std::__1::basic_string<")
_TARGET = Site("$0.get()", observes=True)


def _hand_over(bridge: Bridge, pointer: Any, given: Any) -> None:
    """What a smart pointer was made of is that one's to destroy, not its proxy's."""
    if not isinstance(given, CppObject) or not given._cpp_is_owned:
        return
    target = bridge.evaluate(_TARGET, (pointer,))
    if isinstance(target, CppObject) and target._cpp_address == given._cpp_address:
        given._cpp_is_owned = False
        given._cpp_keeps = pointer


class Classes:
    """The Python classes of one session, by their names in C++."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._state: State | None = None
        self._made: dict[str, CppClass] = {}
        self._checked: dict[str, Any] = {}
        self._unnamed: dict[str, CppClass] = {}

    def named(self, name: str) -> Any:
        """A class by any name of its type. Raises UnknownNameError."""
        self._follow()
        found = self._checked.get(name)
        if found is None:
            found = self._checked[name] = self._find(name)
        return found

    def check(self, cls: type[Any]) -> None:
        """Find out whether a class is still what its name stands for."""
        self._follow()
        name = getattr(cls, "__cpp_name__", "")
        query = getattr(cls, "_cpp_query", "")
        if query:
            cls._cpp_is_gone = self._of_expression(query) is not cls
        elif name and name not in self._checked:
            try:
                self.named(name)
            except UnknownNameError:
                cls._cpp_is_gone = True

    def is_plain(self, name: str) -> bool:
        """Whether values of a type become Python's own: numbers and strings."""
        found = self.named(name)
        if isinstance(found, BuiltIn):
            return "*" not in found.__cpp_name__
        return isinstance(found, CppEnum) or found.__cpp_name__.startswith(
            (*_TEXTS, "std::complex<")
        )

    def is_text(self, name: str) -> bool:
        """Whether it is a class of texts, by its name."""
        return name.removeprefix("const ").startswith(_TEXTS)

    def template(self, name: str) -> CppTemplate:
        """A template of classes."""
        return CppTemplate(self._bridge, name)

    def built_in(self, name: str) -> BuiltIn:
        """A type of the language."""
        return BuiltIn(self._bridge, name)

    def scope(self, cls: CppClass) -> Any:
        """What is within a class, as of a namespace."""
        from repl.python.scopes import Scope

        return Scope(self._bridge, cls.__cpp_name__)

    def _follow(self) -> None:
        state = self._bridge.declared.state
        if self._state is not state:
            self._state = state
            self._checked.clear()

    def _find(self, name: str) -> Any:
        described = self._bridge.declared.type_named(name)
        if described is None:
            raise UnknownNameError(f"there is no type {name}")
        if described.declaration == "enum":
            return CppEnum(self._bridge, described.type)
        if described.declaration != "class" or not described.size:
            return BuiltIn(self._bridge, described.type)
        return self._class_of(described)

    def _class_of(self, described: Declaration) -> CppClass:
        """The same class as before, unless another has taken its name."""
        key = _key_of(described)
        made = self._made.get(described.type)
        if made is None or made._cpp_key != key:
            if made is not None:
                made._cpp_is_gone = True
            made = self._made[described.type] = self._make(described, key)
        made._cpp_is_gone = False
        return made

    def _of_expression(self, expression: str) -> CppClass | None:
        """The class of what an expression gives, if Clang can tell, for one that has no name, or
        that only the class around it may name."""
        self._follow()
        if expression in self._checked:
            found: CppClass | None = self._checked[expression]
            return found
        described = self._bridge.declared.type_of(expression)
        made = None
        if described is not None and described.declaration == "class" and described.size:
            key = _key_of(described)
            made = self._unnamed.get(expression)
            if made is None or made._cpp_key != key:
                made = self._unnamed[expression] = self._make(described, key, expression)
        self._checked[expression] = made
        return made

    def _make(self, described: Declaration, key: object, query: str = "") -> CppClass:
        bridge, name = self._bridge, described.type
        bases = []
        for each in described.bases:
            base = self.named(each)
            if isinstance(base, CppClass):
                bases.append(base)
        namespace: dict[str, Any] = {
            "__slots__": (),
            "__cpp_name__": name,
            "__doc__": _class_doc(described),
            "__module__": "forkrepl.gbl",
            "_cpp_bridge": bridge,
            "_cpp_key": key,
            "_cpp_is_gone": False,
            "_cpp_query": query,
            "_cpp_new": Site(f"new {name}($*)", f"new {name}{{$*}}", form="new", is_strict=True),
        }
        members = self._members(name, described.members)
        namespace.update(members)
        operators = self._operators(described, bases)
        namespace.update(container_methods(bridge, name, operators))
        namespace.update(conversion_methods(bridge, operators))
        plain = name.rpartition("::")[2] if "<" not in name else name
        return CppClass(plain, _in_order(bases) or (CppObject,), namespace)

    def _operators(self, described: Declaration, bases: list[CppClass]) -> set[str]:
        names = {each.name for each in described.members}
        for base in bases:
            names |= base._cpp_names
        return names

    def _members(self, owner: str, members: tuple[DeclaredMember, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {"_cpp_names": {each.name for each in members}}
        functions: dict[str, list[DeclaredMember]] = {}
        for each in members:
            if each.kind == "function":
                functions.setdefault(each.name, []).append(each)
            elif each.kind == "member":
                doc = each.declaration + (f"\n    {each.comment}" if each.comment else "")
                found[each.name] = Member(self._bridge, each.name, doc)
            elif each.kind == "variable":
                found[each.name] = Static(self._bridge, f"{owner}::{each.name}", each.declaration)
        for name, overloads in functions.items():
            doc = "\n".join(
                each.declaration + (f"\n    {each.comment}" if each.comment else "")
                for each in overloads
            )
            found[name] = Method(self._bridge, name, [e.declaration for e in overloads], doc)
        return found

    def proxy(self, place: Place, keeps: Any, birth: int, expression: str) -> Any:
        """What stands for an object of the program's, which an expression has given."""
        is_const = place.type_name.startswith("const ")
        static = place.type_name.removeprefix("const ").removeprefix("volatile ")
        cls, address = self._class_for(static), place.address
        if place.dynamic and place.dynamic != static:
            actual = self._class_for(place.dynamic)
            if issubclass(actual, cls):
                cls, address, static = actual, place.whole, place.dynamic
        if cls is Unnamed and expression:
            found = self._of_expression(expression)
            if found is not None:
                cls, static = found, type_of_expression(expression)
        spelled = f"const {static}" if is_const else static
        return CppObject._cpp_make(
            cls, self._bridge, address, spelled, birth, place.is_owned, keeps
        )

    def _class_for(self, name: str) -> type[Any]:
        if is_array(name):
            return CppArray
        try:
            found = self.named(name)
        except UnknownNameError:  # such as of a lambda, or within a function
            return Unnamed
        return found if isinstance(found, CppClass) else Unnamed


def _key_of(described: Declaration) -> tuple[object, ...]:
    return described.file, described.line, described.size, _outline(described), described.bases


def _outline(described: Declaration) -> tuple[object, ...]:
    """What a class of this name has to have to be the same one. Clang finds out late what is
    noexcept, and in instances of templates what ``auto`` is."""
    if "<" in described.type:
        return tuple((each.kind, each.name) for each in described.members)
    return tuple(
        (each.kind, each.name, each.declaration.partition(" noexcept")[0])
        for each in described.members
    )


def _in_order(bases: list[CppClass]) -> tuple[CppClass, ...]:
    """Those that are not also bases of others of them, which Python has no order for."""
    return tuple(
        each
        for each in bases
        if not any(other is not each and issubclass(other, each) for other in bases)
    )


class CppEnum:
    """An enumeration: its enumerators are attributes; called, it makes one of a number."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self.__name__ = self.__cpp_name__ = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._bridge.constant(f"{self.__cpp_name__}::{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise AttributeError(f"{self.__cpp_name__}::{name} is a constant")
        object.__setattr__(self, name, value)

    def __call__(self, value: int) -> Any:
        return self._bridge.declared.enumerator(self.__cpp_name__, int(value))

    def __repr__(self) -> str:
        return f"<C++ enumeration {self.__cpp_name__}>"


def _class_doc(described: Declaration) -> str:
    constructors = [e.declaration for e in described.members if e.kind == "constructor"]
    return "\n".join(filter(None, [described.comment, *constructors])) or described.type
