"""Functions of C++ that Python can call: free ones, and methods of an object."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from repl.python.declared import is_all_templates, is_single_function
from repl.python.errors import CallError
from repl.python.examples import examples_for
from repl.python.sites import Site, assignments
from repl.python.spelling import HasArgument

if TYPE_CHECKING:
    from repl.clang.protocol import Declaration
    from repl.python.bridge import Bridge
    from repl.python.declared import State

_STATIC = re.compile(r"(template <.*> )?static ")

_TYPES = {
    bool: "bool",
    int: "int",
    float: "double",
    str: "::std::string",
    complex: "::std::complex<double>",
}


def template_arguments(key: Any) -> str:
    """What stands between ``<`` and ``>``: ``gbl.std.vector["int"]``, ``array[float, 3]``."""
    each = key if isinstance(key, tuple) else (key,)
    return ", ".join(map(_template_argument, each))


def _template_argument(value: Any) -> str:
    named = getattr(value, "__cpp_name__", None)
    if isinstance(named, str):
        return named
    if isinstance(value, type) and value in _TYPES:
        return _TYPES[value]
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise TypeError(
        f"an argument of a template is a type, its name or a number, not {type(value).__name__}"
    )


class CppFunction:
    """All functions of one name: C++ chooses among them by the arguments. ``[...]``: template
    arguments."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._name = name
        self.__name__ = name.rpartition("::")[2]
        self.__qualname__ = name
        self.__cpp_name__ = name
        self._state: State | None = None
        self._call = Site(f"{name}($*)")

    def __call__(self, *arguments: Any) -> Any:
        """Call it. Raises what ``Session.run`` raises, CallError if no overload fits."""
        return self._bridge.evaluate(self._site(), arguments)

    def _site(self) -> Site:
        bridge = self._bridge
        if self._state is not bridge.declared.state:
            self._state = bridge.declared.state
            found = self._found()
            is_strict, is_template = is_single_function(found), is_all_templates(found)
            if (is_strict, is_template) != (self._call.is_strict, self._call.is_template):
                self._call = Site(
                    *self._call.expressions, is_strict=is_strict, is_template=is_template
                )
        return self._call

    def prepare(self, *arguments: Any) -> None:
        """Compile what is called for arguments like these, without calling it: for a worker, which
        has no Clang. Raises CallError if no overload fits."""
        self._bridge.prepare(self._site(), arguments)

    def _prepare_likely(self) -> None:
        """The same for what its parameters look like. What does not fit is no fault."""
        from repl.python.likely import example_of, prepare_result

        bridge = self._bridge
        for each in self._found():
            if each.kind == "function" and not each.declaration.startswith("template"):
                prepare_result(bridge, self._name)
                for examples in examples_for(each.type, partial(example_of, bridge)):
                    if examples and sum(map(self._can_prepare, examples)) == 0:
                        break

    def _can_prepare(self, arguments: Sequence[Any]) -> bool:
        try:
            self.prepare(*arguments)
        except CallError:
            return False
        return True

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """As machine code: see ``SentFunction``. Raises ShellError for what cannot be sent."""
        from repl.python.sent import portable_bytes, sent_function

        if not self._bridge.sent.is_final:  # then Clang can be asked
            self._site()
            self._prepare_likely()
        return sent_function, (*portable_bytes(self._bridge), self._name)

    def __getitem__(self, key: Any) -> CppFunction:
        return CppFunction(self._bridge, f"{self._name}<{template_arguments(key)}>")

    def _found(self) -> tuple[Declaration, ...]:
        return self._bridge.declared.find(self._name.lstrip(":").partition("<")[0])

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return documentation(self._found())

    def __repr__(self) -> str:
        return f"<C++ function {self._name.lstrip(':')}>"


class MethodOfClass(CppFunction):
    """A method as an attribute of its class: called with an object first, if it is not static."""

    def __init__(self, bridge: Bridge, scope: str, method: Method, arguments: str = "") -> None:
        member = f"{method.__name__}{arguments}"
        super().__init__(bridge, f"{scope}::{member}")
        self._scope = scope
        self._method = method
        calls = [f"$0.{scope}::{'template ' if arguments else ''}{member}($*)"]
        if method.is_static != "never":
            calls.append(f"{self._name}($*)")
        self._call = Site(*calls[method.is_static == "always" :])

    def __getitem__(self, key: Any) -> CppFunction:
        arguments = f"<{template_arguments(key)}>"
        return MethodOfClass(self._bridge, self._scope, self._method, arguments)


def documentation(found: tuple[Declaration, ...]) -> str:
    """Signatures and doc comments."""
    return "\n\n".join(
        each.declaration + (f"\n    {each.comment}" if each.comment else "") for each in found
    )


class Method:
    """A method of a class of the program's, as an attribute of its Python class."""

    def __init__(self, bridge: Bridge, name: str, declarations: list[str], doc: str) -> None:
        self._bridge = bridge
        self.__name__ = name
        self.__doc__ = doc
        is_const = all(each.rstrip().endswith(("const", "const noexcept")) for each in declarations)
        self._is_template = all(each.startswith("template") for each in declarations)
        is_single = len(declarations) == 1 and not declarations[0].startswith(("template", "using"))
        static = [bool(_STATIC.match(each)) for each in declarations]
        may_be = any(static) or any(each.startswith("using") for each in declarations)
        self.is_static = "always" if all(static) else "sometimes" if may_be else "never"
        self._is_const, self._is_single = is_const, is_single
        self.site = self._site("")

    def _site(self, arguments: str) -> Site:
        dot = "$0.template " if arguments else "$0."
        return Site(
            f"{dot}{self.__name__}{arguments}($*)",
            is_strict=self._is_single and not arguments,
            observes=self._is_const,
            is_template=self._is_template,
        )

    def instance(self, arguments: str) -> Site:
        """Of a template."""
        return self._site(f"<{arguments}>")

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return MethodOfClass(self._bridge, owner.__cpp_name__, self)
        return BoundMethod(self._bridge, self, instance)


class BoundMethod:
    """A method of one object."""

    def __init__(self, bridge: Bridge, method: Method, instance: HasArgument) -> None:
        self._bridge = bridge
        self._method = method
        self.__self__ = instance
        self.__name__ = method.__name__
        self.__doc__ = method.__doc__

    def __call__(self, *arguments: Any) -> Any:
        """Call it; see ``CppFunction``."""
        instance = self.__self__
        return self._bridge.evaluate(self._method.site, (instance, *arguments), instance)

    def __getitem__(self, key: Any) -> Callable[..., Any]:
        site = self._method.instance(template_arguments(key))

        def call(*arguments: Any) -> Any:
            return self._bridge.evaluate(site, (self.__self__, *arguments), self.__self__)

        return call

    def __repr__(self) -> str:
        return f"<C++ method {self.__name__} of {self.__self__!r}>"


class Member:
    """A variable of each object of a class."""

    def __init__(self, bridge: Bridge, name: str, doc: str) -> None:
        self._bridge = bridge
        self.__name__ = name
        self.__doc__ = doc
        self.read = Site(f"($0.{name})", f"(decltype($0.{name}))$0.{name}", observes=True)
        self._write = Site(*assignments(f"$0.{name}", "$1"), is_strict=True)

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return self
        return self._bridge.evaluate(self.read, (instance,), instance)

    def __set__(self, instance: Any, value: Any) -> None:
        self._bridge.evaluate(self._write, (instance, value))
