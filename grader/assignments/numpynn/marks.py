"""Marks: small facts of a submission's text by which one release's template differs from another's.

A mark is something that is there, never something that is missing: whoever deletes or does not hand
in a thing makes nobody believe that it was not asked for. Most are docstrings, which students leave
as they are. Of these and of given code only hashes are known here (`release_marks.json`, made by
`scripts/record_release_marks.py`).
"""

from __future__ import annotations

import ast
import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from grader.assignment.plugin import SubmissionFacts
from grader.assignments.numpynn.call_forms import NETWORK
from grader.assignments.numpynn.release_facts import EVERYTHING, RULES

WEIGHTS: Final[Mapping[str, float]] = {
    "doc": 1.0,
    "code": 1.0,
    "net": 3.0,
    "has": 1.0,
    "file": 1.0,
    "order": 1.0,
    "python": 1.0,
    "package": 1.0,
}
"""Kind of mark to what it weighs; the kind is its first word."""
_COUNTED: Final = (
    "svm_loss",
    "layernorm_forward",
    "conv_forward_naive",
    "spatial_groupnorm_forward",
    "TwoLayerNet",
    "ThreeLayerConvNet",
    "conv_relu_forward",
)
"""What some releases have and others do not."""
_OF_THE_UNIT: Final = (
    *sorted(EVERYTHING), "affine_", "conv_", "max_pool_", "spatial_", "ThreeLayerConvNet",
)  # fmt: skip
"""Beginnings of the names whose docstrings count: files of other units may lie beside these."""
_FILES: Final = (
    "k_nearest_neighbor.py",
    "linear_classifier.py",
    "softmax.py",
    "features.py",
    "cnn.py",
    "fast_layers.py",
    "im2col.py",
    "rnn_layers_pytorch.py",
    "rnn_pytorch.py",
    "captioning_solver_pytorch.py",
)
_GIVEN: Final = ("sgd_momentum", "rmsprop", "adam", "softmax_loss", "svm_loss")
"""Functions that some release gives complete."""
_KEYWORDS: Final = ("dropout_keep_ratio", "normalization", "use_batchnorm")
_BOTH_PYTHONS: Final = re.compile(r"^from (?:builtins|past)\b", re.MULTILINE)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def marks_of(facts: SubmissionFacts) -> frozenset[str]:
    """All marks of a submission."""
    return frozenset(_marks(facts))


def _marks(facts: SubmissionFacts) -> Iterator[str]:
    names: set[str] = set()
    for text in facts.files.values():
        tree = _parsed(text)
        for name, node in _definitions(tree):
            names.add(name)
            yield from _of_definition(name, node)
        yield from _of_order(tree)
    yield from (f"has {name}" for name in _COUNTED if name in names | facts.unreadable)
    yield from _of_network(facts)
    stems = {posixpath.basename(file) for file in facts.files}
    yield from (f"file {name}" for name in _FILES if name in stems)
    if facts.python2:
        yield "python 2"
    elif any(_BOTH_PYTHONS.search(text) for text in facts.files.values()):
        yield "python 2 and 3"
    yield f"package {posixpath.basename(facts.package)}"


def _of_definition(name: str, node: Definition) -> Iterator[str]:
    text = ast.get_docstring(node) or ""
    if text and name.startswith(_OF_THE_UNIT):
        yield f"doc {name} {_digest(' '.join(text.split()))}"
    if name in _GIVEN and isinstance(node, ast.FunctionDef):
        yield f"code {name} {code_digest(node)}"


def has_given_rules(marks: Iterable[str], known: Mapping[str, object]) -> bool:
    """Whether most update rules are code that some release gave out."""
    given = {mark.split(" ")[1] for mark in marks if mark in known and mark.startswith("code ")}
    return len(RULES & given) > len(RULES) / 2


def code_digest(node: ast.FunctionDef) -> str:
    """Of a function as a syntax tree, without its docstring: comments and layout do not count."""
    bare = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(bare, ast.FunctionDef)
    if ast.get_docstring(bare) is not None:
        bare.body = bare.body[1:] or [ast.Pass()]
    return _digest(ast.dump(bare))


def _of_network(facts: SubmissionFacts) -> Iterator[str]:
    """The newest of the keywords that it takes."""
    node = facts.definitions.get(NETWORK)
    known = {argument.arg for argument in _arguments(node)}
    if not isinstance(node, ast.ClassDef):
        known = {word for word in _KEYWORDS if _is_set(word, facts)}
    newest = next((word for word in _KEYWORDS if word in known), None)
    if newest:
        yield f"net {newest}"


def _is_set(word: str, facts: SubmissionFacts) -> bool:
    return any(re.search(rf"\b{word}\s*=", text) for text in facts.files.values())


def _arguments(node: ast.stmt | None) -> list[ast.arg]:
    if not isinstance(node, ast.ClassDef):
        return []
    inits = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    return [a for init in inits for a in (*init.args.args, *init.args.kwonlyargs)]


def _of_order(tree: ast.Module) -> Iterator[str]:
    """Whether the losses stand before or after the normalizations."""
    lines = {name: node.lineno for name, node in _definitions(tree)}
    loss, norm = lines.get("softmax_loss"), lines.get("batchnorm_forward")
    if loss and norm:
        yield "order losses first" if loss < norm else "order losses last"


def _definitions(tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    """Functions, classes and their methods (`TwoLayerNet.loss`)."""
    for node in tree.body:
        if isinstance(node, Definition):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
