"""Disguised copies: the same program, by another look.

What is done: names changed, functions and independent statements put in another order, another
layout, values named or no longer named, functions divided in two, comments, code that does nothing,
loops written in other ways. What is computed stays the same. How much of each is drawn from a seed.
"""

from __future__ import annotations

import ast
import builtins
import copy
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

_WORDS: Final = (
    "data", "item", "value", "part", "piece", "thing", "block", "entry", "unit", "sample", "point",
    "term", "acc", "buf", "cur", "res", "val", "arr", "mat", "vec", "aux", "tmp", "inner", "outer",
    "left", "side", "core", "base", "work", "hold", "keep_", "score_", "grad_", "mid", "norm_",
)  # fmt: skip
_COMMENTS: Final = (
    "compute the result", "see lecture notes", "this is the main step", "shape is checked above",
    "vectorised", "apply the formula", "TODO: clean up", "accumulate", "careful with the axis",
    "as derived on paper", "keep for the backward pass", "first part", "second part",
)  # fmt: skip
_KEPT: Final = frozenset(dir(builtins)) | {"np", "self"}


def disguise(text: str, seed: int, *, keep: frozenset[str] = frozenset()) -> str:
    """A copy of a module that looks different.

    Args:
        text: the module.
        seed: of what is done, and how much.
        keep: names of functions that the assignment asks for; these stay.
    """
    draw = random.Random(f"disguise {seed}")
    tree = ast.parse(text)
    _strip_docstrings(tree)
    steps: list[Callable[[ast.Module, random.Random, float], None]] = [
        _rewrite_loops, _inline, _split_expressions, _split_functions, _swap, _add_dead_code,
        _shuffle_functions,
    ]  # fmt: skip
    for step in steps:
        if draw.random() < 0.85:
            step(tree, draw, draw.uniform(0.2, 0.8))
            tree = ast.parse(ast.unparse(ast.fix_missing_locations(tree)))
    _rename(tree, draw, keep)
    return _laid_out(ast.unparse(ast.fix_missing_locations(tree)), draw)


def _strip_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _bodies(function: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements in a function."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            found = getattr(node, field, None)
            if isinstance(found, list) and found and isinstance(found[0], ast.stmt):
                yield found


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, context)
    }


def _fresh(used: set[str], draw: random.Random) -> str:
    while True:
        name = draw.choice(_WORDS) + draw.choice(("", "_", "_new", f"{draw.randrange(99)}"))
        if name not in used and name not in _KEPT:
            used.add(name)
            return name


def _all_names(tree: ast.AST) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return names | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


# loops


def _rewrite_loops(tree: ast.Module, draw: random.Random, rate: float) -> None:
    """`for` over a range as `while`; a comprehension as a loop; a loop over items by index."""
    used = _all_names(tree)
    for function in list(_functions(tree)):
        for body in list(_bodies(function)):
            at = 0
            while at < len(body):
                new = _other_loop(body[at], used, draw) if draw.random() < rate else None
                body[at : at + 1] = new or [body[at]]
                at += len(new) if new else 1


def _other_loop(node: ast.stmt, used: set[str], draw: random.Random) -> list[ast.stmt] | None:
    match node:
        case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"))):
            return _as_while(node, name)
        case ast.For(target=ast.Name(), iter=ast.Name(id=items), orelse=[]):
            index = _fresh(used, draw)
            picked = ast.parse(f"{ast.unparse(node.target)} = {items}[{index}]").body
            head = ast.parse(f"for {index} in range(len({items})):\n    pass").body[0]
            assert isinstance(head, ast.For)
            head.body = [*picked, *node.body]
            return [head]
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.ListComp(generators=[only])) if (
            not only.ifs
        ):
            loop = ast.parse(f"{name} = []\nfor _ in []:\n    {name}.append(0)").body
            head = loop[1]
            assert isinstance(head, ast.For)
            assert isinstance(node.value, ast.ListComp)
            head.target, head.iter = only.target, only.iter
            call = head.body[0]
            assert isinstance(call, ast.Expr)
            assert isinstance(call.value, ast.Call)
            call.value.args = [node.value.elt]
            return loop
    return None


def _as_while(node: ast.For, name: str) -> list[ast.stmt] | None:
    inner = [each for each in ast.walk(node) if isinstance(each, ast.Continue | ast.Break)]
    if inner or node.orelse or name in {n for s in node.body for n in _names(s, ast.Store)}:
        return None
    assert isinstance(node.iter, ast.Call)
    bounds = [ast.unparse(argument) for argument in node.iter.args]
    first, last = ("0", bounds[0]) if len(bounds) == 1 else (bounds[0], bounds[1])
    step = bounds[2] if len(bounds) > 2 else "1"
    made = ast.parse(f"{name} = {first}\nwhile {name} < {last}:\n    {name} += {step}").body
    loop = made[1]
    assert isinstance(loop, ast.While)
    loop.body = [*node.body, *loop.body]
    return made


# values that are named, or no longer


def _inline(tree: ast.Module, draw: random.Random, rate: float) -> None:
    """Put a value in the place of its name, where the next statement alone uses it."""
    for function in _functions(tree):
        counts = Counter(n.id for n in ast.walk(function) if isinstance(n, ast.Name))
        for body in _bodies(function):
            at = 0
            while at + 1 < len(body):
                if draw.random() < rate and _put_into(body[at], body[at + 1], counts):
                    del body[at]
                else:
                    at += 1


def _put_into(named: ast.stmt, user: ast.stmt, counts: Counter[str]) -> bool:
    match named:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case _:
            return False
    is_simple = isinstance(user, ast.Assign | ast.Return | ast.AugAssign | ast.Expr)
    reads = [n for n in ast.walk(user) if isinstance(n, ast.Name) and n.id == name]
    lazy = any(isinstance(n, ast.ListComp | ast.Lambda) for n in ast.walk(user))
    if not is_simple or lazy or counts[name] != 2 or len(reads) != 1:
        return False
    if not isinstance(reads[0].ctx, ast.Load):
        return False
    _Replace(name, value).visit(user)
    return True


class _Replace(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value if node.id == self._name else node


def _split_expressions(tree: ast.Module, draw: random.Random, rate: float) -> None:
    """Name a part of an expression in a statement before it."""
    used = _all_names(tree)
    for function in list(_functions(tree)):
        for body in list(_bodies(function)):
            at = 0
            while at < len(body):
                made = _named_part(body[at], used, draw) if draw.random() < rate else None
                if made:
                    body.insert(at, made)
                    at += 1
                at += 1


def _named_part(node: ast.stmt, used: set[str], draw: random.Random) -> ast.stmt | None:
    if not isinstance(node, ast.Assign | ast.Return | ast.AugAssign) or node.value is None:
        return None
    if any(isinstance(n, ast.ListComp | ast.Lambda | ast.IfExp) for n in ast.walk(node)):
        return None
    parts = [
        part
        for part in ast.walk(node.value)
        if isinstance(part, ast.BinOp | ast.Call) and part is not node.value
    ]
    if not parts:
        return None
    part = draw.choice(parts)
    name = _fresh(used, draw)
    kept = copy.deepcopy(part)
    _swap_node(node, part, ast.Name(name, ast.Load()))
    return ast.Assign([ast.Name(name, ast.Store())], kept, lineno=0)


def _swap_node(root: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(root):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list):
                value[:] = [new if each is old else each for each in value]


# functions that are divided


def _split_functions(tree: ast.Module, draw: random.Random, rate: float) -> None:
    """Move the end of a function into a new one, which it returns the value of."""
    used = _all_names(tree)
    new: list[ast.stmt] = []
    for function in list(_functions(tree)):
        body = function.body
        if len(body) < 4 or draw.random() > rate or not isinstance(body[-1], ast.Return):
            continue
        returns = [n for s in body[:-1] for n in ast.walk(s) if isinstance(n, ast.Return)]
        if returns:
            continue
        cut = draw.randrange(2, len(body) - 1)
        before = set().union(*(_names(s, ast.Store) for s in body[:cut]))
        before |= {argument.arg for argument in function.args.args}
        read = set().union(*(_names(s, ast.Load) for s in body[cut:]))
        passed = ", ".join(sorted(before & read))
        name = _fresh(used, draw)
        made = ast.parse(f"def {name}({passed}):\n    pass").body[0]
        assert isinstance(made, ast.FunctionDef)
        made.body = body[cut:]
        function.body = [*body[:cut], *ast.parse(f"return {name}({passed})").body[:1]]
        new.append(made)
    tree.body += new


# order


def _swap(tree: ast.Module, draw: random.Random, rate: float) -> None:
    """Swap statements that do not depend on each other."""
    for function in _functions(tree):
        for body in _bodies(function):
            for at in range(len(body) - 1):
                if draw.random() < rate and _independent(body[at], body[at + 1]):
                    body[at], body[at + 1] = body[at + 1], body[at]


def _independent(one: ast.stmt, other: ast.stmt) -> bool:
    if not all(
        isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name) for s in (one, other)
    ):
        return False
    stored, others = _names(one, ast.Store), _names(other, ast.Store)
    texts = ast.unparse(one) + ast.unparse(other)
    return (
        not stored & (others | _names(other, ast.Load))
        and not others & _names(one, ast.Load)
        and "rand" not in texts
    )


def _shuffle_functions(tree: ast.Module, draw: random.Random, rate: float) -> None:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    others = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    draw.shuffle(functions)
    tree.body = [*others, *functions]


# code that does nothing


def _add_dead_code(tree: ast.Module, draw: random.Random, rate: float) -> None:
    used = _all_names(tree)
    for function in list(_functions(tree)):
        for body in list(_bodies(function)):
            for at in range(len(body) - 1, -1, -1):
                if draw.random() < rate * 0.4:
                    body[at:at] = _dead(used, draw, function)
    if draw.random() < rate:
        tree.body += ast.parse(
            f"def {_fresh(used, draw)}(a, b):\n    c = a + b\n    for i in range(3):\n"
            "        c = c - i * b\n    return c"
        ).body


def _dead(used: set[str], draw: random.Random, function: ast.FunctionDef) -> list[ast.stmt]:
    name, other = _fresh(used, draw), _fresh(used, draw)
    argument = draw.choice([a.arg for a in function.args.args] or ["None"])
    return ast.parse(
        draw.choice(
            (
                f"{name} = {draw.randrange(100)}",
                f"{name} = {argument}",
                f"{name} = []\n{name}.append({draw.randrange(9)})",
                f"if False:\n    {name} = {argument}",
                f"assert {argument} is not None",
                f"{name} = {draw.randrange(9)}\n{other} = {name} + 1\n{name} = {other}",
                f"for {name} in range(0):\n    {other} = {name}",
                f"if {argument} is None:\n    raise ValueError('missing')",
            )
        )
    ).body


# names


def _rename(tree: ast.Module, draw: random.Random, keep: frozenset[str]) -> None:
    """Give every name of the program's own another one; what the assignment asks for stays."""
    used = _all_names(tree) | set(keep)
    own = {f.name for f in _functions(tree) if f.name not in keep}
    new_functions = {name: _fresh(used, draw) for name in sorted(own)}
    for function in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
        local = {argument.arg for argument in _arguments(function)} | _names(function, ast.Store)
        taken = set(used)
        names = {name: _fresh(taken, draw) for name in sorted(local - _KEPT)}
        _Renamer(names | new_functions).visit(function)
        function.name = new_functions.get(function.name, function.name)


def _arguments(function: ast.FunctionDef) -> Sequence[ast.arg]:
    return [*function.args.args, *function.args.kwonlyargs]


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._names.get(node.arg, node.arg)
        return node


# layout and comments


def _laid_out(text: str, draw: random.Random) -> str:
    width = draw.choice((2, 4, 4, 8))
    often = draw.uniform(0.0, 0.3)
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.lstrip(" ")
        indent = " " * ((len(line) - len(bare)) // 4 * width)
        if bare and draw.random() < often:
            lines.append(f"{indent}# {draw.choice(_COMMENTS)}")
        if bare and draw.random() < often / 2:
            lines.append("")
        lines.append(indent + _spaced(bare, draw))
        if bare.startswith("def ") and draw.random() < 0.5:
            lines.append(f'{indent}{" " * width}"""{draw.choice(_COMMENTS).capitalize()}."""')
    return "\n".join(lines) + "\n"


def _spaced(line: str, draw: random.Random) -> str:
    """A line with other spaces, or broken behind an operator in brackets."""
    if "'" in line or '"' in line:
        return line
    if draw.random() < 0.2:
        line = re.sub(r" ([*/]) ", r"\1", line)
    match = re.match(r"(\s*[\w\[\], :]+ = )(.*[+*/-] .*)$", line)
    if match and draw.random() < 0.3:
        return f"{match[1]}({match[2]})"
    return line
