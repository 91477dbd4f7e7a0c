"""The kinds of questions: each finds places to ask about, and computes the answer by running."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from grader.model.oral_records import OralLine, OralQuestion
from grader.oral.source_changes import SourceChange, source_changes
from grader.oral.variant_bench import Calls, ObservedCall
from grader.oral.variant_effects import LEAST, ReturnedValue, VariantEffect, definite_effect
from grader.oral.written_code import WrittenFunction
from grader.report.strings import Texts
from grader.verify.source_pieces import segments, spliced

_PROBE: Final = "oral probe"
_AROUND: Final = 3
_MOST_USES: Final = 4
_FEW: Final = 3
"""Values that are named one by one."""
_FAR: Final = 3
"""Lines between a value and its last use, for where that is to be worth asking."""
_TRIVIAL: Final = ("NameError", "UnboundLocalError", "SyntaxError", "IndentationError")


class FunctionTrials(NamedTuple):
    """What a question can find out about one function."""

    before: Calls
    """The calls of it as it was submitted."""
    after: Callable[[str], Calls]
    """Those of the same checks with another text in the place of its file."""
    texts: Texts


class PossibleQuestion(Protocol):
    """Something that may be asked."""

    @property
    def kind(self) -> str:
        """So that questions of several kinds are chosen."""

    @property
    def line(self) -> int:
        """What it is about."""

    def ask(self, written: WrittenFunction, tried: FunctionTrials) -> OralQuestion | None:
        """The question with its answer, if there is a definite one."""


def candidates(written: WrittenFunction) -> Iterator[PossibleQuestion]:
    """All that may be asked about a function."""
    for change in source_changes(written.file.text, written.located, written.own):
        yield _Changed(change)
    yield from _shapes(written)
    yield from _branches(written)
    yield from _used_again(written)


class _Changed(NamedTuple):
    """What happens if one place is changed, or a statement left out."""

    change: SourceChange

    @property
    def kind(self) -> str:
        return self.change.kind

    @property
    def line(self) -> int:
        return self.change.line

    def ask(self, written: WrittenFunction, tried: FunctionTrials) -> OralQuestion | None:
        after = tried.after(self.change.text)
        effect = definite_effect(tried.before, after, written.returns, written.path)
        if effect is None or not effect.is_telling or _is_unset(effect):
            return None
        change, texts = self.change, tried.texts
        asked = texts(
            "oral.change" if change.new else "oral.left_out",
            line=change.line, old=change.old, new=change.new, function=written.name,
        )  # fmt: skip
        return _question(
            f"change: {change.kind}" if change.new else change.kind,
            written,
            range(change.line, change.end_line + 1),
            asked,
            _effect_said(effect, written, texts),
            texts("oral.change.how", n=effect.inputs),
        )


def _is_unset(effect: VariantEffect) -> bool:
    """Whether all that it shows is that something was never given a value."""
    empty = any(each.detail == "NoneType" for each in effect.values)
    return effect.raised in _TRIVIAL or "NoneType" in effect.message or empty


def _effect_said(effect: VariantEffect, written: WrittenFunction, texts: Texts) -> str:
    if effect.raised:
        key = "oral.raises" if effect.line else "oral.raises_somewhere"
        message = " ".join(effect.message.split())[:200]
        text = texts(key, type=effect.raised, line=effect.line, message=message)
        return text + _in_call(effect.call, written, texts)
    if effect.changes_nothing:
        return texts("oral.nothing", n=effect.inputs)
    parts = [_value_said(each, texts) for each in effect.values if each.what != "same"]
    same = [each.name for each in effect.values if each.what == "same"]
    if len(same) > _FEW:
        parts.append(texts("oral.rest"))
    elif same:
        parts.append(texts("oral.effect.same", names=_joined(same, texts)))
    numbers = any(each.what in ("shape", "factor", "some") for each in effect.values)
    end = _in_call(effect.call, written, texts) if numbers else ""
    return texts("oral.effect.next").join(parts) + end + texts("oral.effect.end")


def _value_said(value: ReturnedValue, texts: Texts) -> str:
    if value.what == "shape":
        before, after = re.findall(r"\([^)]*\)", value.detail)
        return texts("oral.effect.shapes", name=value.name, before=before, after=after)
    if value.what == "some":
        changed, size = value.detail.split()
        return texts("oral.effect.some", name=value.name, changed=changed, size=size)
    if value.what == "factor" and value.detail == "-1":
        return texts("oral.turned", name=value.name)
    return texts(
        f"oral.effect.{value.what}", name=value.name, factor=value.detail, what=value.detail
    )


def _in_call(call: ObservedCall, written: WrittenFunction, texts: Texts) -> str:
    return texts("oral.in_call", call=_described(call, written))


def _described(call: ObservedCall, written: WrittenFunction) -> str:
    return call.described(written.name, _parameters(written))


def _parameters(written: WrittenFunction) -> list[str]:
    names = [arg.arg for arg in written.located.node.args.args]
    return names[1:] if "." in written.name else names


class _Shape(NamedTuple):
    """What shape a value has after a line."""

    node: ast.Assign
    name: str
    kind: str = "shape"

    @property
    def line(self) -> int:
        return self.node.lineno

    def ask(self, written: WrittenFunction, tried: FunctionTrials) -> OralQuestion | None:
        text, node = written.file.text, self.node
        stop = f"raise RuntimeError('{_PROBE} ' + str(getattr({self.name}, 'shape', '')))"
        probed = spliced(text, node, f"{ast.get_source_segment(text, node)}; {stop}")
        found = [
            (call, shape)
            for call, said_ in _probed(tried, probed)
            if (shape := _as_shape(said_)) and not self._is_plain(call, written, shape)
        ]
        if len(found) < LEAST:
            return None
        call, shape = max(found, key=lambda each: len(set(each[1])))
        shown = _described(call, written)
        asked = tried.texts("oral.shape", call=shown, name=self.name, line=node.end_lineno)
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        how = tried.texts("oral.shape.how")
        return _question(self.kind, written, lines, asked, str(shape), how)

    def _is_plain(
        self, call: ObservedCall, written: WrittenFunction, shape: tuple[int, ...]
    ) -> bool:
        """Whether it is that of an argument that the value is made of, or of the first array."""
        names = {each.id for each in ast.walk(self.node.value) if isinstance(each, ast.Name)}
        shapes = call.shapes(_parameters(written))
        plain = [*list(shapes)[:1], *(names & shapes.keys())]
        return any(shapes[name] == shape for name in plain)


def _shapes(written: WrittenFunction) -> Iterator[_Shape]:
    for node in _simple_assignments(written):
        target = node.targets[0]
        told = any(isinstance(each, ast.Call | ast.BinOp) for each in ast.walk(node.value))
        if isinstance(target, ast.Name) and told:
            yield _Shape(node, target.id)


def _simple_assignments(written: WrittenFunction) -> Iterator[ast.Assign]:
    for segment in segments(written.located.node.body):
        node = segment.node
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and node.lineno in written.own:
            yield node


def _probed(tried: FunctionTrials, text: str) -> Iterator[tuple[ObservedCall, str]]:
    """The first call of each check that came to the probe, and what it said."""
    after = tried.after(text)
    for check, calls in tried.before.items():
        for one, other in zip(calls, after.get(check, ()), strict=False):
            message = str(other.reply.get("message", ""))
            if other.reply.get("status") == "raised" and message.startswith(_PROBE):
                yield one, message.removeprefix(_PROBE).strip()


def _as_shape(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\(\d+,( \d+,?)*\)|\(\d+(, \d+)+\)", text):
        return ()
    return tuple(map(int, re.findall(r"\d+", text)))


class _Branch(NamedTuple):
    """Which branch of an `if` a call takes."""

    starts: tuple[int, ...]
    """The line in which each begins."""
    kind: str = "branch"

    @property
    def line(self) -> int:
        return self.starts[0]

    def ask(self, written: WrittenFunction, tried: FunctionTrials) -> OralQuestion | None:
        taken: dict[str, tuple[ObservedCall, int]] = {}
        for start in self.starts:
            stop = f"raise RuntimeError('{_PROBE}')"
            for call, _ in _probed(tried, _before_line(written.file.text, start, stop)):
                shown = _described(call, written)
                if shown in taken and taken[shown][1] != start:
                    return None
                taken[shown] = call, start
        if len({start for _, start in taken.values()}) < LEAST:
            return None
        shown, (_, start) = max(taken.items(), key=lambda each: (each[1][1], each[0]))
        lines = _joined(self.starts, tried.texts)
        return _question(
            self.kind,
            written,
            self.starts,
            tried.texts("oral.branch", call=shown, lines=lines),
            tried.texts("oral.branch.answer", line=start),
            tried.texts("oral.branch.how"),
        )


def _branches(written: WrittenFunction) -> Iterator[_Branch]:
    chained: set[int] = set()
    for node in ast.walk(written.located.node):
        if not isinstance(node, ast.If) or id(node) in chained:
            continue
        starts = [node.body[0].lineno]
        while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            node = node.orelse[0]
            chained.add(id(node))
            starts.append(node.body[0].lineno)
        if node.orelse:
            starts.append(node.orelse[0].lineno)
        if len(starts) > 1 and set(starts) <= written.own:
            yield _Branch(tuple(starts))


def _before_line(text: str, number: int, statement: str) -> str:
    lines = text.split("\n")
    line = lines[number - 1]
    indent = line[: len(line) - len(line.lstrip())]
    return "\n".join([*lines[: number - 1], f"{indent}{statement}", *lines[number - 1 :]])


class _UsedAgain(NamedTuple):
    """Where a value is used again."""

    node: ast.Assign
    name: str
    uses: tuple[int, ...]
    kind: str = "used again"

    @property
    def line(self) -> int:
        return self.node.lineno

    def ask(self, written: WrittenFunction, tried: FunctionTrials) -> OralQuestion | None:
        text, node, texts = written.file.text, self.node, tried.texts
        deleted = spliced(text, node, f"{ast.get_source_segment(text, node)}; del {self.name}")
        after = tried.after(deleted)
        effect = definite_effect(tried.before, after, written.returns, written.path)
        if effect is None or effect.raised not in _TRIVIAL or effect.line not in self.uses:
            return None
        uses = _joined(self.uses, texts)
        return _question(
            self.kind,
            written,
            range(node.lineno, (node.end_lineno or node.lineno) + 1),
            texts("oral.used_again", line=node.lineno, name=self.name),
            texts("oral.used_again.answer", n=len(self.uses), lines=uses),
            texts("oral.used_again.how", line=node.lineno, first=effect.line),
        )


def _used_again(written: WrittenFunction) -> Iterator[_UsedAgain]:
    function = written.located.node
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    returned = {each.lineno for each in ast.walk(function) if isinstance(each, ast.Return)}
    inner = [n for n in ast.walk(function) if n is not function and _has_own_names(n)]
    for node in _simple_assignments(written):
        target = node.targets[0]
        if not isinstance(target, ast.Name) or inner:
            continue
        own = [each for each in names if each.id == target.id]
        stored = [each for each in own if not isinstance(each.ctx, ast.Load)]
        uses = sorted({each.lineno for each in own if isinstance(each.ctx, ast.Load)})
        end = node.end_lineno or node.lineno
        inner_uses = [line for line in uses if line not in returned]
        later = bool(inner_uses) and uses[0] > end and inner_uses[-1] - end >= _FAR
        if len(stored) == 1 and later and len(uses) <= _MOST_USES:
            yield _UsedAgain(node, target.id, tuple(uses))


def _has_own_names(node: ast.AST) -> bool:
    kinds = ast.FunctionDef | ast.Lambda | ast.ListComp | ast.DictComp | ast.SetComp
    return isinstance(node, kinds | ast.GeneratorExp)


def _question(
    kind: str,
    written: WrittenFunction,
    lines: Sequence[int],
    question: str,
    answer: str,
    how: str,
) -> OralQuestion:
    return OralQuestion(
        kind=kind,
        function=written.name,
        file=written.path,
        lines=_shown(written, lines),
        question=question,
        answer=answer,
        how=how,
        similar=written.is_similar,
    )


def _shown(written: WrittenFunction, asked: Sequence[int]) -> list[OralLine]:
    """The lines that are asked about, with some around them; all the way down to a use."""
    node = written.located.node
    first = max(node.lineno, min(asked) - _AROUND)
    last = min(node.end_lineno or node.lineno, max(asked) + _AROUND)
    texts = written.file.text.split("\n")
    return [
        OralLine(number=number, text=texts[number - 1], asked=number in asked)
        for number in range(first, last + 1)
    ]


def _joined(items: Iterable[object], texts: Texts) -> str:
    """`3, 5 and 8`."""
    *before, last = map(str, items)
    return texts("oral.and", before=texts("oral.comma").join(before), last=last) if before else last
