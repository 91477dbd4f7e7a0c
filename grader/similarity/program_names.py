"""What the names of a program are: modules, what was imported from them, or the student's own."""

from __future__ import annotations

from typing import Final

from tree_sitter import Node

MAX_DEPTH: Final = 150
"""Nesting below which nothing is looked at: no program that a person wrote is as deep."""

_HOLDERS: Final = frozenset(
    {"module", "block", "expression_statement", "decorated_definition", "class_definition",
     "function_definition", "if_statement", "elif_clause", "else_clause", "for_statement",
     "while_statement", "with_statement", "try_statement", "except_clause", "finally_clause",
     "match_statement", "case_clause", "ERROR"}
)  # fmt: skip
"""Nodes with statements in them."""


def node_text(node: Node | None) -> str:
    """The text of a node as it stands in the program; of none it is empty."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text else ""


class ProgramNames:
    """What the names of a program are: modules, what these hold, or the student's own."""

    def __init__(self, root: Node, own_modules: frozenset[str]) -> None:
        self.modules: set[str] = set()
        """Names of imported modules."""
        self.imported: dict[str, str] = {}
        """Names that were imported from a module that is not the student's."""
        self.attributes: set[str] = set()
        """Attributes and methods that the program itself makes."""
        self._own_modules = own_modules
        self._look(root)

    def _look(self, root: Node) -> None:
        waiting = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            kind = node.type
            if kind == "import_statement":
                self._take_modules(node)
            elif kind == "import_from_statement":
                self._take_names(node)
            elif kind == "function_definition":
                self.attributes.add(node_text(node.child_by_field_name("name")))
            elif kind == "assignment":
                left = node.child_by_field_name("left")
                if left is not None and left.type == "attribute":
                    self.attributes.add(node_text(left.child_by_field_name("attribute")))
            if depth < MAX_DEPTH and kind in _HOLDERS:
                waiting += [(child, depth + 1) for child in node.named_children]

    def _take_modules(self, node: Node) -> None:
        for child in node.named_children:
            alias = child.child_by_field_name("alias")
            name = node_text(alias) or node_text(child).partition(".")[0]
            if node_text(child).partition(" ")[0] not in self._own_modules:
                self.modules.add(name)

    def _take_names(self, node: Node) -> None:
        module = node.child_by_field_name("module_name")
        parts = node_text(module).split(".")
        if not parts[0] or parts[-1] in self._own_modules:
            return
        for child in node.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            alias = child.child_by_field_name("alias")
            self.imported[node_text(alias) or node_text(child)] = node_text(name)
