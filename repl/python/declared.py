"""What names stand for now, as Clang says; asked once until something is declared or taken back."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from repl.clang.protocol import Complete, Declaration, DescribeName, FindDeclarations
from repl.display.python_values import EnumValue
from repl.display.type_table import TypeTable
from repl.display.types import ValueType
from repl.python.glue import GLUE, GLUE_TEXT

if TYPE_CHECKING:
    from repl.session.live_session import LiveSession
    from repl.session.steps import Step


_NOTHING: tuple[Declaration, ...] = ()


class Answers(Struct, frozen=True):
    """What names stand for, the names of enumerations' values, and how values of types are read."""

    found: dict[str, tuple[Declaration, ...]] = {}
    enumerators: dict[str, dict[int, str]] = {}
    values: dict[str, TypeTable] = {}

    def __len__(self) -> int:
        return len(self.found) + len(self.enumerators) + len(self.values)


class State:
    """What was declared at a moment; compared by identity."""

    def __init__(self, declared: Step | None) -> None:
        self.declared = declared


class Declared:
    """``state``: another one whenever the answers may have changed."""

    def __init__(self, live: LiveSession) -> None:
        self._live = live
        self._told = Answers()
        self._state: State | None = None
        self._found: dict[str, tuple[Declaration, ...]] = {}
        self._enumerators: dict[str, dict[int, str]] = {}
        self._values: dict[str, TypeTable | None] = {}
        self._value_types: dict[str, ValueType] = {}

    @property
    def state(self) -> State:
        """What is declared now."""
        declared = self._live.extensions.wrappers.declared()
        if self._state is None or self._state.declared is not declared:
            self._found.clear()
            self._enumerators.clear()
            self._values.clear()
            self._value_types.clear()
            self._state = State(declared)
        return self._state

    def find(self, name: str) -> tuple[Declaration, ...]:
        """All that a name, such as ``std::max``, stands for; empty if nothing is declared."""
        return self._ask(name)

    def type_named(self, text: str) -> Declaration | None:
        """A class or an enumeration by any name of its type: ``std::vector<int>``."""
        found = self._ask(f"using __forkrepl_query = {text};")
        return found[0] if found else None

    def type_of(self, expression: str) -> Declaration | None:
        """The class of what an expression of a wrapper gives, or points at."""
        query = (
            f"extern const {GLUE}::Frame __f;\n"
            f"using __forkrepl_query = {type_of_expression(expression)};"
        )
        # What has been declared after the last wrapper has no glue before it.
        found = self._ask(query) or self._ask(f"{GLUE_TEXT}\n{query}")
        return found[0] if found else None

    def value_type(self, type_name: str) -> ValueType | None:
        """How a value is read, by any name of its type; None for a type that has none."""
        _ = self.state
        found = self._value_types.get(type_name)
        if found is None:
            table = self._table(type_name)
            if table is not None:
                found = self._value_types[type_name] = ValueType.from_table(table)
        return found

    def _table(self, type_name: str) -> TypeTable | None:
        if type_name in self._told.values:
            return self._told.values[type_name]
        if type_name not in self._values:
            reply = self._live.compiler.ask(
                DescribeName(values=True), f"using __forkrepl_query = {type_name};"
            )
            found = reply.found[0] if reply.ok and reply.found else None
            self._values[type_name] = None if found is None else found.value_type
        return self._values[type_name]

    def _ask(self, text: str) -> tuple[Declaration, ...]:
        _ = self.state
        if text in self._told.found:
            return self._told.found[text]
        if text not in self._found:
            reply = self._live.compiler.ask(DescribeName(), text)
            self._found[text] = reply.found if reply.ok else _NOTHING
        return self._found[text]

    def tell(self, answers: Answers) -> None:
        """What is known without asking Clang, for good."""
        self._told = self._with(answers)
        self._value_types.clear()

    def answers(self) -> Answers:
        """All that was asked since something was last declared."""
        _ = self.state
        values = {name: table for name, table in self._values.items() if table is not None}
        return self._with(Answers(self._found, self._enumerators, values))

    def _with(self, more: Answers) -> Answers:
        told = self._told
        return Answers(
            {**told.found, **more.found},
            {**told.enumerators, **more.enumerators},
            {**told.values, **more.values},
        )

    def names(self) -> list[str]:
        """Those of what the inputs have declared."""
        compiler = self._live.compiler
        found = compiler.ask(FindDeclarations(compiler.length)).found
        first = (each.name.partition("::")[0] for each in found)
        return sorted({name for name in first if name.isidentifier()})

    def names_within(self, scope: str) -> list[str]:
        """What a namespace has, as Tab would complete it."""
        text = f"{scope}::"
        reply = self._live.compiler.ask(Complete(line=1, column=len(text) + 1), text)
        return sorted({item.name for item in reply.items if item.name.isidentifier()})

    def similar(self, name: str, names: list[str]) -> str:
        """``: did you mean NAME?``, or nothing."""
        found = difflib.get_close_matches(name, names, 1)
        return f": did you mean {found[0]}?" if found else ""

    def enumerator(self, type_name: str, value: int) -> Any:
        """A value of an enumeration, with its name."""
        _ = self.state
        if type_name not in self._enumerators:
            known = self._told.enumerators.get(type_name)
            self._enumerators[type_name] = known or self._find_enumerators(type_name)
        name = self._enumerators[type_name].get(value, str(value))
        return EnumValue(type_name, name, value)

    def result_of(self, function: str) -> Declaration | None:
        """The class or enumeration that it returns, or returns a pointer to, if it is one function
        that does."""
        found = self._ask(
            "template <class R, class... P> R __forkrepl_result(R (*)(P...));\n"
            "using __forkrepl_query = __remove_pointer(__remove_reference_t("
            f"decltype(__forkrepl_result(&{function}))));"
        )
        return found[0] if found else None

    def _find_enumerators(self, type_name: str) -> dict[int, str]:
        pairs = self._live.extensions.wrappers.type_of(f"({type_name})0").enumerators
        return {value: name for name, value in reversed(pairs)}


def type_of_expression(expression: str) -> str:
    """The type of the object that it gives, as it is written within a wrapper."""
    return f"__remove_cv(__remove_pointer(__remove_reference_t(decltype(({expression})))))"


def is_single_function(found: tuple[Declaration, ...]) -> bool:
    """Whether a name stands for one function, which is no template."""
    return len(found) == 1 and not found[0].declaration.startswith("template")


def is_all_templates(found: tuple[Declaration, ...]) -> bool:
    """Whether all that a name stands for takes its types from its arguments."""
    return bool(found) and all(each.declaration.startswith("template") for each in found)
