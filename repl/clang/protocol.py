"""What the controller and the frontend say to each other.

Each message is one of these as JSON, with bytes beside it where there are any (``framing``).
Requests to the frontend carry the name of their operation, ``op``; ``frontend_process/frontend.h``,
``completion.h`` and ``queries.h`` list them from the other side. What is answered to a
request is the parameter of its base class. tests/unit/protocol/test_frontend_protocol.py holds the
two sides together.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar, get_args

from msgspec import Struct

from repl.display.type_table import TypeTable
from repl.editor.code_answers import CompletionItem, Signature
from repl.errors import Diagnostic
from repl.input.input_ends import Rest

# What comes from the frontend.


class Reply(Struct, frozen=True, kw_only=True):
    """``ok``: what was asked for has been done. Otherwise ``diagnostics``, or ``rendered`` if
    that is none of Clang's business, say why not. ``system_folders``: where the system's headers
    are that diagnostics are about. ``interim``: that is not the answer, which is still to come,
    but an error as soon as Clang has found it: the process may not live long enough to answer.
    """

    ok: bool
    interim: bool = False
    rendered: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    system_folders: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, as Clang shows it."""
        return self.rendered + "".join(each.text for each in self.diagnostics)


class Greeting(Reply, frozen=True, kw_only=True):
    """The frontend's first word, once it has started. ``clang``: its version."""

    clang: str = ""


class HiddenDeclaration(Struct, frozen=True):
    """A declaration of an earlier input that another takes the place of.

    ``input`` is counted from 0; ``file``, ``line`` and ``column`` are where Clang
    says that the name is declared.
    """

    input: int
    name: str
    file: str
    line: int
    column: int


class PrinterHints(Struct, frozen=True):
    """What makes it worth while to ask for printers (``frontend_process/printers.h``).

    ``overloads``: there may be a ``forkrepl_print``; ``streams`` and ``iterates``: indices of
    types that may have an ``operator<<``, or that have a member ``begin``.
    """

    overloads: bool = False
    streams: tuple[int, ...] = ()
    iterates: tuple[int, ...] = ()


class FileRead(Struct, frozen=True):
    """A file of the user's that is read from memory from now on (``seen_files.h``). ``size`` is
    that of its text, which is at the end of the bytes beside the message; ``time`` is in ns."""

    path: str
    size: int
    time: int
    device: int
    inode: int


class HandedOver(Struct, frozen=True):
    """The value of an input. ``symbol``: by which the next inputs refer to it as ``_``."""

    type: TypeTable
    symbol: str
    printers: PrinterHints


class ClingPragma(Struct, frozen=True):
    """``#pragma cling KIND("ARGUMENT")`` in an input, or in what it includes."""

    kind: Literal["load", "add_library_path"]
    argument: str


class Parsed(Reply, frozen=True, kw_only=True):
    """``declares``: there is more in the input than statements; ``variables``: that the code of
    one with includes defines; ``redefines``: what would have to be hidden for a rejected one;
    ``completion``: what would have to be added to it, as only its last ``;`` is missing;
    ``joins``: the priority of its initializers if its code may be joined to that of others
    (``frontend_process/joining.h``), else 0; ``pragmas``: that the controller is to obey
    (``frontend_process/cling_pragmas.h``). ``read``: the files that it was the first to read. The
    bytes beside it are bitcode, and the texts of those."""

    declares: bool = False
    joins: int = 0
    pragmas: tuple[ClingPragma, ...] = ()
    variables: tuple[str, ...] = ()
    value: HandedOver | None = None
    redefines: tuple[HiddenDeclaration, ...] = ()
    completion: str = ""
    read: tuple[FileRead, ...] = ()


class Replayed(Reply, frozen=True, kw_only=True):
    """An input that was accepted before is again, or not."""


class UserPrinter(Struct, frozen=True):
    """How a type is printed by what a user has written; ``element``: of a range."""

    kind: Literal["overload", "stream", "range"]
    element: TypeTable | None = None


class PrintersFound(Reply, frozen=True, kw_only=True):
    """By the index of their type. The bytes beside it are bitcode that calls them."""

    printers: dict[int, UserPrinter] = {}


class Forked(Reply, frozen=True, kw_only=True):
    """``pid``: of the copy."""

    pid: int = 0


class Suggested(Reply, frozen=True, kw_only=True):
    """``items`` come best first; ``more``: there were too many; ``redefines``: as of ``Parsed``."""

    items: tuple[CompletionItem, ...] = ()
    more: bool = False
    signatures: tuple[Signature, ...] = ()
    redefines: tuple[HiddenDeclaration, ...] = ()


class BegunPrecompiled(Reply, frozen=True, kw_only=True):
    """``overlaps``: some, but not all, of the header's code has been emitted already."""

    overlaps: bool = False


class EndsFound(Reply, frozen=True, kw_only=True):
    """As of ``InputEnds``."""

    rest: Rest = "wrong"
    ends: tuple[tuple[int, int], ...] = ()
    missing: str = ""
    file: str = ""
    line: int = 0


class TypeDescribed(Reply, frozen=True, kw_only=True):
    """``canonical``: the name without typedefs; ``category``: of an expression's value."""

    name: str = ""
    canonical: str = ""
    size: int = 0
    category: str = ""


class DeclaredMember(Struct, frozen=True):
    """What a class or enumeration has: ``kind`` is constructor, destructor, operator, function,
    type, variable, member, enumerator ...; ``declaration``: its text."""

    kind: str
    name: str
    declaration: str
    comment: str = ""


class Declaration(Struct, frozen=True):
    """What a name stands for (``frontend_process/declarations.h``).

    ``kind``: variable, function, type ...; ``input``: the index of the one that has it, -1 if none
    has; ``size``: bytes, 0 for what has none; ``symbol``: the linker's name of a variable, and of a
    function that was asked for by name; ``offset``: bytes, from what has this symbol, to a
    structured binding; ``constant``: the value, where Clang knows it. Only where it was asked for
    by name: ``declaration`` (its text), ``comment``, ``members``, ``bases``.
    """

    kind: str
    name: str
    type: str = ""
    size: int = 0
    file: str = ""
    line: int = 0
    input: int = -1
    symbol: str = ""
    value_type: TypeTable | None = None
    is_reference: bool = False
    offset: int = 0
    constant: str | None = None
    declaration: str = ""
    comment: str = ""
    members: tuple[DeclaredMember, ...] = ()
    bases: tuple[str, ...] = ()


class DeclarationsFound(Reply, frozen=True, kw_only=True):
    """In the order in which they were found."""

    found: tuple[Declaration, ...] = ()


class Piece(Struct, frozen=True):
    """A declaration or a statement. ``begin`` and ``end`` are offsets in the bytes that
    Clang got; ``bare``: an expression without ``;``."""

    begin: int
    end: int
    statement: bool
    bare: bool


class PiecesFound(Reply, frozen=True, kw_only=True):
    """Of each input in force, oldest first."""

    inputs: tuple[tuple[Piece, ...], ...] = ()


class Rebound(Reply, frozen=True, kw_only=True):
    """The bytes beside it are bitcode."""


class VariableShape(Struct, frozen=True):
    """A variable of the inputs' (``frontend_process/shapes.h``). ``initializer`` and ``shape``
    (of all that the type leads to) are good for nothing but to be compared; ``reaches``: the
    indices of the classes that an object of the type has, or leads to."""

    symbol: str
    name: str
    type: str
    initializer: str
    shape: str
    reaches: tuple[int, ...] = ()


class ClassShape(Struct, frozen=True):
    """A class. ``layout`` is there to be compared; ``bases`` are indices."""

    name: str
    layout: str
    bases: tuple[int, ...] = ()


class ShapesFound(Reply, frozen=True, kw_only=True):
    """Of the inputs in force."""

    variables: tuple[VariableShape, ...] = ()
    classes: tuple[ClassShape, ...] = ()


class IndependentFound(Reply, frozen=True, kw_only=True):
    """Symbols of functions."""

    symbols: tuple[str, ...] = ()


# What goes to the frontend.

ReplyType = TypeVar("ReplyType", bound=Reply)


class Request(Struct, Generic[ReplyType], frozen=True, tag_field="op", omit_defaults=True):
    """Answered by a ``ReplyType``."""

    @classmethod
    def reply_type(cls) -> type[ReplyType]:
        """By what it is answered."""
        (base,) = cls.__orig_bases__  # type: ignore[attr-defined]
        (reply,) = get_args(base)
        return reply  # type: ignore[no-any-return]


class Parse(Request[Parsed], frozen=True, tag="parse"):
    """An input (the bytes beside it). ``hide``: what it redefines; ``includes``: whether the
    names of its variables are wanted; ``keep``: its value, for ``_``; ``whole``: it is rejected,
    without a diagnostic, if there are statements in it. ``defined``: symbols of inline functions
    and instances of templates that the program has, besides those that were told before.
    ``read``: files that are to be read as they were; their texts follow that of the input."""

    hide: tuple[HiddenDeclaration, ...] = ()
    defined: tuple[str, ...] = ()
    includes: bool = False
    keep: bool = True
    whole: bool = False
    read: tuple[FileRead, ...] = ()


class Replay(Request[Replayed], frozen=True, tag="replay"):
    """An input that was accepted before. ``read``: as of ``Parse``."""

    hide: tuple[HiddenDeclaration, ...] = ()
    read: tuple[FileRead, ...] = ()


class FindPrinters(Request[PrintersFound], frozen=True, tag="printers"):
    """Of types of the value that the last input has handed over. It ends what the copy is
    good for."""

    types: tuple[int, ...]


class Fork(Request[Forked], frozen=True, tag="checkpoint"):
    """A copy of the process, to serve the socket that comes along."""


class TellDependencies(Request[Reply], frozen=True, tag="dependencies"):
    """What the inputs so far depend on: the bytes beside the answer, see
    ``repl.caching.stamps``."""


class Complete(Request[Suggested], frozen=True, tag="complete"):
    """What may stand at a place in a text. ``line`` and ``column`` (bytes) count from 1."""

    line: int
    column: int
    hide: tuple[HiddenDeclaration, ...] = ()


class DescribeCall(Request[Suggested], frozen=True, tag="signature"):
    """What is being called there."""

    line: int
    column: int
    hide: tuple[HiddenDeclaration, ...] = ()


class FindEnds(Request[EndsFound], frozen=True, tag="ends"):
    """Of the inputs of a text. ``whole``: it is one; ``limit``: ms that the parser may take."""

    whole: bool
    limit: int


class BeginPrecompiled(Request[BegunPrecompiled], frozen=True, tag="precompiled"):
    """Begin again with a precompiled header in the place of some inputs and the next one.
    ``places``: ``NAME:LINE`` of each include; ``emitted``: variables whose code was sent."""

    file: str
    places: tuple[str, ...]
    inputs: int
    emitted: tuple[str, ...] = ()


class DescribeType(Request[TypeDescribed], frozen=True, tag="type"):
    """The text declares ``__forkrepl_query`` as that type."""


class DescribeName(Request[DeclarationsFound], frozen=True, tag="describe"):
    """Of a name, or of the type declared as ``__forkrepl_query`` (``values``: with its table)."""

    values: bool = False


class FindDeclarations(Request[DeclarationsFound], frozen=True, tag="declarations"):
    """Of so many inputs in force."""

    inputs: int


class FindPieces(Request[PiecesFound], frozen=True, tag="pieces"):
    """Of so many inputs in force."""

    inputs: int


class Rebind(Request[Rebound], frozen=True, tag="rebind"):
    """Of the bitcode beside it, what a program takes that has these symbols already."""

    kept: tuple[str, ...]


class DescribeShapes(Request[ShapesFound], frozen=True, tag="shapes"):
    """Of so many inputs in force."""

    inputs: int


class FindIndependent(Request[IndependentFound], frozen=True, tag="independent"):
    """Of so many inputs in force, the functions that cannot come to see objects of classes."""

    inputs: int
    classes: tuple[str, ...]
