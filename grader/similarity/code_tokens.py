"""From the text of a program to tokens that a copy keeps, however it is disguised.

The text is parsed by tree-sitter, which reads Python 2 and 3, and of a broken file what it can.
Each function becomes a unit of tokens in prefix order: the operator before its operands. Names of
the student's own only say where they stood before; comments, texts, annotations, brackets and
imports say nothing. A value that is named once and used once stands where it is used, so that it
makes no difference whether an expression is written in one line or in three, and one that is named
and never used is left out.
"""

from __future__ import annotations

import builtins
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from grader.similarity.program_names import MAX_DEPTH, ProgramNames, node_text

MAX_TOKENS: Final = 60_000
"""Of a file; what follows is not looked at."""
REST: Final = ""
"""Name of the unit that holds what stands outside of functions."""

_BUILTINS: Final = frozenset(dir(builtins))
_OLD_NAMES: Final = {"xrange": "range", "unicode": "str", "raw_input": "input"}
_OLD_METHODS: Final = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}
_SILENT: Final = frozenset(
    {"module", "block", "expression_statement", "parenthesized_expression", "argument_list",
     "ERROR", "decorated_definition", "type_conversion", "as_pattern_target"}
)  # fmt: skip
"""Nodes that only hold others together."""
_SKIPPED: Final = frozenset(
    {"comment", "type", "pass_statement", "import_statement", "import_from_statement",
     "future_import_statement", "line_continuation", "global_statement", "nonlocal_statement",
     "print_statement", "chevron", "decorator"}
)  # fmt: skip
"""Nodes that say nothing about how a result is computed."""
_SAME: Final = {
    "expression_list": "tuple", "pattern_list": "tuple", "tuple_pattern": "tuple",
    "list_pattern": "list", "elif_clause": "if_statement", "lambda_parameters": "parameters",
}  # fmt: skip
"""Kinds of nodes that mean the same."""


class CodeToken(NamedTuple):
    """A token, and where it stands."""

    kind: str
    """What it says: an operator, a method's name, a number."""
    name: str
    """The student's own name, of which nothing counts but where else it stands; else empty."""
    at: int
    """Byte of the program that it begins with."""


class CodeUnit(NamedTuple):
    """A function or method, or what stands outside of them."""

    name: str
    """`loss`, `Net.loss`; of what stands outside `REST`."""
    first_row: int
    last_row: int
    tokens: list[CodeToken]


def code_units(text: str, own_modules: frozenset[str] = frozenset()) -> list[CodeUnit]:
    """The functions of a program, and what stands outside of them, as tokens.

    Args:
        text: the program, of Python 2 or 3; may be broken.
        own_modules: names of modules that the same student wrote: imported names are their own.
    """
    root = _parser().parse(text.encode("utf-8", "replace")).root_node
    reader = _UnitReader(ProgramNames(root, own_modules))
    reader.read(root)
    return reader.units


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_python.language()))


class _Temporary(NamedTuple):
    """A statement that names a value."""

    name: str
    value: int
    """Index of the first token of the value."""
    end: int


class _Draft:
    """A unit that is being read."""

    def __init__(self, name: str, node: Node) -> None:
        self.name = name
        self.rows = (node.start_point[0], node.end_point[0])
        self.tokens: list[CodeToken] = []
        self.temporaries: dict[int, _Temporary] = {}
        """By the index of the statement's first token."""

    def finished(self) -> CodeUnit:
        """The unit, with its temporary values where they are used."""
        tokens = self.tokens if self.name == REST else list(self._substituted())
        return CodeUnit(self.name, *self.rows, tokens)

    def _substituted(self) -> Iterator[CodeToken]:
        """The tokens, with the value of what is named once and used once in the place of its use.

        What is named and never used again is left out.
        """
        uses = Counter(token.name for token in self.tokens if token.name)
        ready: dict[str, list[CodeToken]] = {}
        out: list[CodeToken] = []
        ends: list[tuple[int, str, list[CodeToken]]] = []
        at = 0
        while at < len(self.tokens) or ends:
            if ends and at >= ends[-1][0]:
                _, name, whole = ends.pop()
                ready[name], out = out, whole
                continue
            temporary = self.temporaries.get(at)
            if temporary and uses[temporary.name] <= 2 and temporary.name not in ready:
                ends.append((temporary.end, temporary.name, out))
                out, at = [], temporary.value
                continue
            token = self.tokens[at]
            out += ready.pop(token.name) if token.name in ready else [token]
            at += 1
        yield from out


class _UnitReader:
    """Walks a program's tree, and writes down what counts."""

    def __init__(self, names: ProgramNames) -> None:
        self.units: list[CodeUnit] = []
        self._names = names
        self._draft: _Draft
        self._owners: list[str] = []
        self._in_function = False
        self._depth = 0
        self._left = MAX_TOKENS

    def read(self, root: Node) -> None:
        """Read a whole program."""
        self._draft = rest = _Draft(REST, root)
        self._visit(root)
        if rest.tokens:
            self.units.append(rest.finished())

    def _say(self, node: Node, kind: str, name: str = "") -> None:
        self._left -= 1
        self._draft.tokens.append(CodeToken(kind, name, node.start_byte))

    def _visit(self, node: Node | None) -> None:
        if node is None or self._left <= 0 or self._depth >= MAX_DEPTH:
            return
        kind = node.type
        if kind in _SKIPPED:
            return
        self._depth += 1
        visit = _VISITS.get(kind)
        if visit is not None:
            visit(self, node)
        else:
            if kind not in _SILENT:
                self._say(node, _SAME.get(kind, kind))
            self._visit_all(node)
        self._depth -= 1

    def _visit_all(self, node: Node) -> None:
        for child in node.named_children:
            self._visit(child)

    def _visit_fields(self, node: Node, *fields: str) -> None:
        for field in fields:
            child = node.child_by_field_name(field)
            if child is not None and child.is_named:
                self._visit(child)

    def _visit_alternatives(self, node: Node) -> None:
        """Each `elif`, and `else`."""
        for child in node.children_by_field_name("alternative"):
            self._visit(child)

    def _statement(self, node: Node) -> None:
        """An expression on a line of its own: a text or something printed says nothing."""
        inner = node.named_children
        only = inner[0] if len(inner) == 1 else None
        if only is not None and only.type in ("string", "concatenated_string"):
            return
        if only is not None and (_is_print(only) or _is_preset(only)):
            return
        if only is None or only.type != "assignment" or not self._is_temporary(only):
            self._visit_all(node)
            return
        draft = self._draft
        start = len(draft.tokens)
        left = only.child_by_field_name("left")
        assert left is not None
        self._say(only, "=")
        self._visit(left)
        value = len(draft.tokens)
        self._visit(only.child_by_field_name("right"))
        draft.temporaries[start] = _Temporary(node_text(left), value, len(draft.tokens))

    def _is_temporary(self, node: Node) -> bool:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return (
            left is not None
            and left.type == "identifier"
            and right is not None
            and right.type != "assignment"
        )

    def _assignment(self, node: Node) -> None:
        if node.child_by_field_name("right") is None:
            return
        self._say(node, "=")
        self._visit_fields(node, "left", "right")

    def _augmented(self, node: Node) -> None:
        """`x += y` as `x = x + y`."""
        self._say(node, "=")
        self._visit_fields(node, "left")
        self._say(node, node_text(node.child_by_field_name("operator")).removesuffix("="))
        self._visit_fields(node, "left", "right")

    def _binary(self, node: Node) -> None:
        operator = node_text(node.child_by_field_name("operator"))
        if operator == "@":
            self._say(node, "call")
            self._say(node, ".dot")
        else:
            self._say(node, operator)
        self._visit_fields(node, "left", "right")

    def _operators(self, node: Node) -> None:
        """Comparisons, `and`, `or`, `not` and signs: all that is written between or before."""
        self._say(node, " ".join(child.type for child in node.children if not child.is_named))
        self._visit_all(node)

    def _identifier(self, node: Node) -> None:
        name = node_text(node)
        name = _OLD_NAMES.get(name, name)
        if name in self._names.modules:
            return
        if name in self._names.imported:
            self._say(node, f".{self._names.imported[name]}")
        elif name in _BUILTINS:
            self._say(node, name)
        else:
            self._say(node, "name", name)

    def _attribute(self, node: Node) -> None:
        name = node_text(node.child_by_field_name("attribute"))
        name = _OLD_METHODS.get(name, name)
        if name in self._names.attributes:
            self._say(node, "attribute", f".{name}")
        else:
            self._say(node, f".{name}")
        self._visit(node.child_by_field_name("object"))

    def _call(self, node: Node) -> None:
        self._say(node, "call")
        self._visit_fields(node, "function", "arguments")

    def _keyword(self, node: Node) -> None:
        """`axis=0` of a library's function; of the student's own the name does not count."""
        call = node.parent.parent if node.parent else None
        function = call.child_by_field_name("function") if call else None
        is_own = function is not None and function.type == "identifier"
        name = "" if is_own else node_text(node.child_by_field_name("name"))
        self._say(node, f"{name}=")
        self._visit_fields(node, "value")

    def _number(self, node: Node) -> None:
        self._say(node, _plain_number(node_text(node)))

    def _string(self, node: Node) -> None:
        self._say(node, "string")

    def _loop(self, node: Node) -> None:
        self._say(node, "loop")
        self._visit_fields(node, "right", "condition", "body")
        self._visit_alternatives(node)

    def _branch(self, node: Node) -> None:
        condition = node_text(node.child_by_field_name("condition"))
        if condition in ("False", "0"):
            self._visit_alternatives(node)
            return
        self._say(node, "if")
        self._visit_all(node)

    def _parameter(self, node: Node) -> None:
        """A parameter with a default or annotation: its name, and its default."""
        name = node.child_by_field_name("name")
        self._visit(name if name is not None else node.named_children[0])
        self._visit_fields(node, "value")

    def _class(self, node: Node) -> None:
        self._owners.append(node_text(node.child_by_field_name("name")))
        self._visit_fields(node, "superclasses", "body")
        self._owners.pop()

    def _function(self, node: Node) -> None:
        if self._in_function:
            self._say(node, "def")
            self._visit_fields(node, "name", "parameters", "body")
            return
        outer = self._draft
        name = ".".join([*self._owners, node_text(node.child_by_field_name("name")) or "?"])
        self._draft = _Draft(name, node)
        self._in_function = True
        self._visit_fields(node, "parameters", "body")
        self.units.append(self._draft.finished())
        self._in_function = False
        self._draft = outer


_Visit = Callable[[_UnitReader, Node], None]
_VISITS: Final[Mapping[str, _Visit]] = {
    "expression_statement": _UnitReader._statement,
    "assignment": _UnitReader._assignment,
    "augmented_assignment": _UnitReader._augmented,
    "binary_operator": _UnitReader._binary,
    "comparison_operator": _UnitReader._operators,
    "boolean_operator": _UnitReader._operators,
    "not_operator": _UnitReader._operators,
    "unary_operator": _UnitReader._operators,
    "identifier": _UnitReader._identifier,
    "attribute": _UnitReader._attribute,
    "call": _UnitReader._call,
    "keyword_argument": _UnitReader._keyword,
    "integer": _UnitReader._number,
    "float": _UnitReader._number,
    "string": _UnitReader._string,
    "concatenated_string": _UnitReader._string,
    "for_statement": _UnitReader._loop,
    "for_in_clause": _UnitReader._loop,
    "while_statement": _UnitReader._loop,
    "if_statement": _UnitReader._branch,
    "elif_clause": _UnitReader._branch,
    "default_parameter": _UnitReader._parameter,
    "typed_parameter": _UnitReader._parameter,
    "typed_default_parameter": _UnitReader._parameter,
    "class_definition": _UnitReader._class,
    "function_definition": _UnitReader._function,
}


def _is_print(node: Node) -> bool:
    return node.type == "call" and node_text(node.child_by_field_name("function")) == "print"


def _is_preset(node: Node) -> bool:
    """Whether it is an assignment that only keeps a place: `out = None`."""
    if node.type != "assignment":
        return False
    right = node.child_by_field_name("right")
    parts = right.named_children if right is not None and right.named_children else [right]
    return all(part is not None and part.type == "none" for part in parts)


def _plain_number(text: str) -> str:
    """A number in one spelling: `1e-05` for `0.00001`, `2` for `2.0`."""
    if len(text) > 40:
        return "number"
    try:
        value = float(text)
    except ValueError:
        return text.lower()
    return str(int(value)) if value.is_integer() and abs(value) < sys.maxsize else repr(value)
