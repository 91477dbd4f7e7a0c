"""The reference in the form of each release: for the demo class, and for tests.

What differs in signatures, in what is there and in what is left open is as in the release's own
template; texts are not, so that docstrings are left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from grader.assignment.catalogue import find_definition, read_package
from grader.assignment.folder import Assignment
from grader.assignment.stripping import without_markers
from grader.assignments.numpynn.release_facts import RULES
from grader.model.errors import UsageError

_NETS: Final = "classifiers/fc_net.py"


def reference_as(release: str, reference: Path | None = None) -> dict[str, str]:
    """The reference as handed in for a release: text by path inside the package.

    Args:
        release: id of the release.
        reference: folder of the package; our own unless given.

    Raises:
        UsageError: there is no such release.
    """
    return rendered(read_package(reference or Assignment.load("numpynn").reference), release)


def rendered(files: Mapping[str, str], release: str) -> dict[str, str]:
    """The reference, or a patched one, in the form of a release.

    Raises:
        UsageError: there is no such release.
    """
    if release not in _RENDERERS:
        hint = f"Use one of {', '.join(_RENDERERS)}."
        raise UsageError(f"There is no release {release!r}.", hint=hint)
    plain = {name: without_markers(text) for name, text in files.items()}
    if release != "numpynn":
        plain = {name: without_docstrings(text) for name, text in plain.items()}
    return _RENDERERS[release](plain)


def without_docstrings(text: str) -> str:
    """A module without the docstrings of its functions, classes and methods."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            said = node.body[0]
            indent = " " * said.col_offset
            left = f"{indent}pass\n" if len(node.body) == 1 else ""
            end = said.end_lineno or said.lineno
            lines[said.lineno - 1 : end] = [left] + [""] * (end - said.lineno)
    return "".join(lines)


def without(text: str, *names: str) -> str:
    """A module without some of its functions and classes."""
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            end = node.end_lineno or node.lineno
            lines[node.lineno - 1 : end] = [""] * (end - node.lineno + 1)
    return re.sub(r"\n{4,}", "\n\n\n", "".join(lines)).rstrip("\n") + "\n"


def _second(files: dict[str, str]) -> dict[str, str]:
    """A second assignment whose first one has TwoLayerNet and svm_loss."""
    return _with_convolutions(
        {
            **files,
            "layers.py": without(files["layers.py"], "svm_loss"),
            _NETS: without(files[_NETS], "TwoLayerNet"),
        }
    )


def _as_2025_a2(files: dict[str, str]) -> dict[str, str]:
    """With the update rules as given out: told from anybody's own by an idle statement."""
    lines = files["optim.py"].splitlines(keepends=True)
    for name in sorted(RULES):
        node = find_definition(files["optim.py"], name)
        assert isinstance(node, ast.FunctionDef)
        first = node.body[0].lineno - 1
        lines[first] = f"    pass\n{lines[first]}"
    return {**_as_2026_a2(files), "optim.py": "".join(lines)}


def _as_2026_a2(files: dict[str, str]) -> dict[str, str]:
    return {**_second(files), **_empty("rnn_layers_pytorch.py", "classifiers/rnn_pytorch.py")}


def _as_2025_a1(files: dict[str, str]) -> dict[str, str]:
    """With stubs of what the second assignment asks for, and files of other parts."""
    later = "".join(map(_stub, (*_LATER, *_CONVOLUTIONS, *_GROUPNORM, "svm_loss")))
    layers = without(files["layers.py"], "softmax_loss", "svm_loss", *_LATER)
    softmax = _function(files["layers.py"], "softmax_loss")
    others = ("k_nearest_neighbor", "linear_classifier", "softmax")
    return {
        **files,
        "layers.py": f"{layers}{later}\n\n{softmax}",
        **_empty(*(f"classifiers/{name}.py" for name in others)),
    }


def _as_2018(files: dict[str, str]) -> dict[str, str]:
    nets = re.sub(r"\bdropout_keep_ratio\b", "dropout", files[_NETS])
    return _with_convolutions({**files, "layers.py": _losses_last(files["layers.py"]), _NETS: nets})


def _as_2017(files: dict[str, str]) -> dict[str, str]:
    optim = files["optim.py"].replace('config.setdefault("t", 0)', 'config.setdefault("t", 1)')
    first = _first_template({**files, "optim.py": optim})
    return {
        name: _after_docstring(text, "from builtins import range\n") for name, text in first.items()
    }


def _as_2016(files: dict[str, str]) -> dict[str, str]:
    nets = files[_NETS].replace('bn_param["mode"] = mode', "bn_param[mode] = mode")
    first = _first_template({**files, _NETS: nets})
    return {name: _python2(text) for name, text in first.items()}


_RENDERERS: Final[dict[str, Callable[[dict[str, str]], dict[str, str]]]] = {
    "numpynn": dict,
    "cs231n-2016": _as_2016,
    "cs231n-2017": _as_2017,
    "cs231n-2018": _as_2018,
    "dasecv-2021": _as_2018,
    "cs231n-2021": _second,
    "cs231n-2025-a1": _as_2025_a1,
    "cs231n-2025-a2": _as_2025_a2,
    "cs231n-2026-a2": _as_2026_a2,
}
_LATER: Final = (
    "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt",
    "layernorm_forward", "layernorm_backward", "dropout_forward", "dropout_backward",
)  # fmt: skip
_CONVOLUTIONS: Final = ("conv_forward_naive", "max_pool_forward_naive")
_GROUPNORM: Final = ("spatial_groupnorm_forward",)


def _losses_last(text: str) -> str:
    losses = [_function(text, name) for name in ("svm_loss", "softmax_loss")]
    return "\n\n".join([without(text, "svm_loss", "softmax_loss"), *losses])


def _with_convolutions(
    files: Mapping[str, str], names: tuple[str, ...] = _CONVOLUTIONS + _GROUPNORM
) -> dict[str, str]:
    """With stubs of what the next unit of the course asks for."""
    network = "class ThreeLayerConvNet(object):\n    pass\n"
    layers = files["layers.py"] + "".join(map(_stub, names))
    return {**files, "layers.py": layers, "classifiers/cnn.py": network}


def _stub(name: str) -> str:
    return f"\n\ndef {name}(*args):\n    raise NotImplementedError\n"


def _empty(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


def _function(text: str, name: str) -> str:
    node = find_definition(text, name)
    assert node is not None
    return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno]) + "\n"


_OLD_NETS: Final = (
    ("dropout_keep_ratio: float = 1", "dropout: float = 0"),
    ("normalization: str | None = None", "use_batchnorm: bool = False"),
    ("dropout_keep_ratio: Probability of keeping a unit; 1", "dropout: Dropout parameter; 0"),
    ('normalization: "batchnorm", "layernorm", or None for neither.', "use_batchnorm: Use it?"),
    (
        'if normalization not in (None, "batchnorm", "layernorm"):\n'
        '            raise ValueError(f"no such normalization: {normalization!r}")',
        'normalization = "batchnorm" if use_batchnorm else None',
    ),
    ("dropout_keep_ratio != 1", "dropout > 0"),
    ("dropout_keep_ratio", "dropout"),
    ('            batch = self.normalization == "batchnorm"\n', ""),
    (" if batch else layernorm_forward", ""),
    (" if batch else layernorm_backward", ""),
    ("    layernorm_backward,\n    layernorm_forward,\n", ""),
)
_OLD_DROPOUT: Final = (
    ("Probability of *keeping* an element, 0 < p <= 1.", "Probability of dropping an element."),
    ('p, mode = dropout_param["p"], ', 'p, mode = 1 - dropout_param["p"], '),
)


def _first_template(files: dict[str, str]) -> dict[str, str]:
    """What 2016 and 2017 have in common, in the syntax that Python 2 and 3 share."""
    layers = without(_losses_last(files["layers.py"]), "layernorm_forward", "layernorm_backward")
    kept = {name: text for name, text in files.items() if name != "data_utils.py"}
    old = {
        **kept,
        "layers.py": _edited(layers, _OLD_DROPOUT),
        _NETS: _edited(files[_NETS], _OLD_NETS),
    }
    whole = _with_convolutions(old, _CONVOLUTIONS)
    return {name: _shared_syntax(text) for name, text in whole.items()}


def _edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    for old, new in edits:
        text = text.replace(old, new)
    return text


def _after_docstring(text: str, line: str) -> str:
    tree = ast.parse(text)
    end = tree.body[0].end_lineno if ast.get_docstring(tree) is not None else 0
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:end], line, *lines[end:]])


def _shared_syntax(text: str) -> str:
    return ast.unparse(ast.fix_missing_locations(_SharedSyntax().visit(ast.parse(text)))) + "\n"


def _python2(text: str) -> str:
    tree = _Python2().visit(ast.parse(text))
    return (
        re.sub(r"^( *)print\((.*)\)$", r"\1print \2", ast.unparse(tree), flags=re.MULTILINE) + "\n"
    )


class _SharedSyntax(ast.NodeTransformer):
    """Takes out of the reference what Python 2 does not know."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module in ("__future__", "typing", "collections.abc") else node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        is_protocol = any(
            isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases
        )
        if is_protocol:
            return None
        node.bases = [ast.Name("object", ast.Load())]
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        arguments = node.args
        node.returns = None
        for argument in (*arguments.args, *arguments.kwonlyargs):
            argument.annotation = None
        arguments.args += arguments.kwonlyargs
        arguments.defaults += [default for default in arguments.kw_defaults if default]
        arguments.kwonlyargs, arguments.kw_defaults = [], []
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """Type aliases go."""
        match node.value:
            case ast.Subscript(value=ast.Name(id="dict" | "tuple")):
                return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign([node.target], node.value))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            return node
        return ast.Call(ast.Attribute(node.left, "dot", ast.Load()), [node.right], [])

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """`f"W{layer}"` becomes `"W%s" % (layer,)`."""
        template, values = "", []
        for part in node.values:
            if isinstance(part, ast.Constant):
                template += str(part.value).replace("%", "%%")
            elif isinstance(part, ast.FormattedValue):
                template += _directive(part)
                values.append(self.visit(part.value))
        right = ast.Tuple(values, ast.Load())
        return ast.BinOp(ast.Constant(template), ast.Mod(), right)

    def visit_List(self, node: ast.List) -> ast.AST:
        """`[a, *b]` becomes `[a] + list(b)`."""
        self.generic_visit(node)
        if not any(isinstance(item, ast.Starred) for item in node.elts):
            return node
        parts: list[ast.expr] = [
            ast.Call(ast.Name("list", ast.Load()), [item.value], [])
            if isinstance(item, ast.Starred)
            else ast.List([item], ast.Load())
            for item in node.elts
        ]
        total = parts[0]
        for part in parts[1:]:
            total = ast.BinOp(total, ast.Add(), part)
        return total

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """`{**a, "b": c}` becomes `dict(a, **{"b": c})`."""
        self.generic_visit(node)
        if not node.keys or node.keys[0] is not None:
            return node
        rest = ast.Dict(node.keys[1:], node.values[1:])
        return ast.Call(ast.Name("dict", ast.Load()), [node.values[0]], [ast.keyword(None, rest)])


def _directive(part: ast.FormattedValue) -> str:
    if part.format_spec is not None:
        return "%" + "".join(
            str(piece.value)
            for piece in getattr(part.format_spec, "values", [])
            if isinstance(piece, ast.Constant)
        )
    return "%r" if part.conversion == ord("r") else "%s"


class _Python2(ast.NodeTransformer):
    """Writes what was usual in Python 2."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Name("xrange", node.ctx), node) if node.id == "range" else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        name = "iteritems" if node.attr == "items" else node.attr
        return ast.copy_location(ast.Attribute(node.value, name, node.ctx), node)
