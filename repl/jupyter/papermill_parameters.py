"""papermill's parameters in C++ and C: ``papermill in.ipynb out.ipynb -p n 5``.

papermill imports this module where it looks for engines (an entry point of pyproject.toml's). The
cell that it adds assigns to the variables that the notebook's own cell of parameters has declared,
so they keep their types.
"""

from __future__ import annotations

import re
from typing import Any

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

from repl.jupyter.literals import float_literal, integer_literal, string_literal

_DECLARATION = re.compile(
    r"^[ \t]*(?P<type>[\w:][\w:<>,*& \t]*?)[ \t*&]+(?P<name>[A-Za-z_]\w*)(?:\[\])?"
    r"[ \t]*(?:=[ \t]*(?P<value>[^;\n]*)|\{(?P<braced>[^;\n]*)\});[ \t]*(?://[ \t]*(?P<help>.*))?$",
    re.MULTILINE,
)


class Engine(NBClientEngine):
    """The usual one, under our name."""


class CxxTranslator(Translator):
    """See ``Translator`` for what each does. Lists and dictionaries are lists in braces, which are
    assigned to vectors and maps."""

    @classmethod
    def translate_none(cls, val: None) -> str:
        return "nullptr"

    @classmethod
    def translate_int(cls, val: int) -> str:
        try:
            return integer_literal(val).text
        except ValueError as error:
            raise PapermillException(str(error)) from None

    @classmethod
    def translate_float(cls, val: float) -> str:
        return float_literal(val)

    @classmethod
    def translate_escaped_str(cls, str_val: object) -> str:
        return string_literal(str(str_val).encode("utf-8", "surrogateescape"))

    @classmethod
    def translate_list(cls, val: list[Any]) -> str:
        return f"{{{', '.join(map(cls.translate, val))}}}"

    @classmethod
    def translate_dict(cls, val: dict[Any, Any]) -> str:
        pairs = (f"{{{cls.translate(k)}, {cls.translate(v)}}}" for k, v in val.items())
        return f"{{{', '.join(pairs)}}}"

    @classmethod
    def comment(cls, cmt_str: str) -> str:
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name: str, str_val: str) -> str:
        return f"{name} = {str_val};"

    @classmethod
    def inspect(cls, parameters_cell: Any) -> list[Parameter]:
        """What a line declares."""
        return [
            Parameter(
                name=found["name"],
                inferred_type_name=found["type"].strip(),
                default=(found["value"] or found["braced"] or "").strip(),
                help=(found["help"] or "").strip(),
            )
            for found in _DECLARATION.finditer(str(parameters_cell["source"]))
        ]


class CTranslator(CxxTranslator):
    """C has no ``nullptr``, and nothing that a list could be assigned to."""

    @classmethod
    def translate_none(cls, val: None) -> str:
        return "((void *)0)"

    @classmethod
    def translate_bool(cls, val: bool) -> str:
        return str(int(val))  # `true` is a word of C23

    @classmethod
    def translate_list(cls, val: list[Any]) -> str:
        raise PapermillException(f"in C nothing can be assigned the list {val}")

    @classmethod
    def translate_dict(cls, val: dict[Any, Any]) -> str:
        raise PapermillException(f"in C nothing can be assigned the dictionary {val}")


papermill_translators.register("c++", CxxTranslator)
papermill_translators.register("c", CTranslator)
