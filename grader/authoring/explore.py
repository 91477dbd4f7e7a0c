"""Getting to know a reference by calling it: which arguments it takes, what depends on what."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from grader.authoring.argument_evidence import Usage, kinds_of, optional_sizes
from grader.authoring.argument_kinds import Kind, Sizes
from grader.authoring.argument_search import Attempt, Choice, Found, find_arguments, substitutes
from grader.authoring.native_reference import (
    NativeReference,
    fingerprint,
    is_finite,
    is_plain,
    tried,
)
from grader.authoring.reference_source import (
    ClassDefinition,
    DeclaredParameter,
    Definition,
    ReferenceSource,
)
from grader.authoring.scenario import Ran, Scenario, Seen, Step, run_here

SEARCH_SECONDS: Final = 4.0
OBJECT: Final = "@"
"""Begins a template that stands for an object of a class, `@Value`."""
_RESERVED: Final = frozenset(
    {"student", "reference", "inputs", "np", "side", "expected", "received", "run"}
)
OPERATORS: Final = frozenset(
    f"__{name}__"
    for name in ("add", "sub", "mul", "truediv", "matmul", "pow", "neg", "radd", "rsub", "rmul",
                 "rtruediv", "rpow", "call", "getitem", "len", "eq", "lt", "gt", "abs", "mod")
)  # fmt: skip
_OF_ARRAYS: Final = frozenset({*dir(np.ndarray), *dir(dict), *dir(list), *dir(str)})


class TriedCall(NamedTuple):
    """What is called, after some steps."""

    definition: Definition
    prefix: Scenario
    receiver: str = ""
    function: str = ""
    pinned: Mapping[str, str] = {}
    """Parameters to the variables that they get."""


class Known(NamedTuple):
    """A call that works."""

    call: TriedCall
    found: Found
    kinds: Mapping[str, list[Kind]]
    sizes: Sizes

    def scenario(
        self, explorer: Explorer, choice: Choice | None = None, sizes: Sizes | None = None
    ) -> Scenario:
        """The scenario of these, or of other arguments or sizes."""
        return explorer.built(self.call, choice or self.found.choice, sizes or self.sizes)


class Explorer:
    """Calls the functions and classes of a reference, and remembers how that is done."""

    def __init__(self, source: ReferenceSource, reference: NativeReference) -> None:
        self.source = source
        self.reference = reference
        self.modules = {each.name: each.module for each in source.functions}
        self.modules |= {name: each.module for name, each in source.classes.items()}
        self.objects: dict[str, list[Known]] = {}
        """Ways to make an object of each class."""
        self._making: set[str] = set()

    # Arguments

    def function(
        self,
        definition: Definition,
        prefix: Scenario | None = None,
        pinned: Mapping[str, str] | None = None,
    ) -> Known | None:
        """Find arguments for a function."""
        start = prefix or Scenario(sizes=Sizes())
        call = TriedCall(definition, start, function=definition.name, pinned=pinned or {})
        return self.search(call, self.source_kinds(definition, (), definition.doc))

    def makers(self, name: str) -> list[Known]:
        """Ways to make an object of a class, the likeliest first; at most three."""
        if name not in self.objects and name not in self._making:
            self._making.add(name)
            self.objects[name] = list(self._makers(self.source.classes[name]))
        return self.objects.get(name, [])

    def _makers(self, known: ClassDefinition) -> Iterator[Known]:
        methods = self.source.methods(known.name)
        init = methods.get("__init__") or _empty_init(known)
        doc = f"{known.doc}\n{init.doc}"
        call = TriedCall(init, Scenario(sizes=Sizes()), function=known.name)
        kinds = self.source_kinds(init, list(methods.values()), doc)
        first = self.search(call, kinds)
        if first is None:
            return
        yield first
        required = {p.name: kinds[p.name] for p in init.parameters if p.default is None}
        types = {_type_of(first.found.choice)}
        for _, choice in substitutes(first.found, required, self.attempt(call, first.sizes), 6):
            if _type_of(choice) not in types:
                types.add(_type_of(choice))
                yield first._replace(found=first.found._replace(choice=choice))
            if len(types) > 3:
                return

    def method(self, definition: Definition, prefix: Scenario, receiver: str) -> Known | None:
        """Find arguments for a method of an object that the prefix has made."""
        call = TriedCall(definition, prefix, receiver=receiver)
        methods = list(self.source.methods(definition.owner).values())
        owner = self.source.classes.get(definition.owner)
        doc = f"{owner.doc if owner else ''}\n{definition.doc}"
        return self.search(call, self.source_kinds(definition, methods, doc))

    def source_kinds(
        self, definition: Definition, siblings: Sequence[Definition], doc: str
    ) -> dict[str, list[Kind]]:
        """What each parameter may be, objects of the package's classes included."""
        kinds: dict[str, list[Kind]] = {}
        for parameter in definition.parameters:
            usage = Usage([definition.node], parameter.name)
            names = self._classes_for(parameter.annotation, usage, definition)
            objects = [Kind(f"{OBJECT}{name}", -0.5 + 0.1 * at) for at, name in enumerate(names)]
            kinds[parameter.name] = objects + kinds_of(parameter, definition, siblings, doc)
        return kinds

    def _classes_for(self, annotation: str, usage: Usage, definition: Definition) -> list[str]:
        """Classes whose objects a parameter may be."""
        classes = self.source.classes
        named = [name for name in classes if name in annotation.replace('"', "").split("[")[-1]]
        named += [name for name in classes if name in usage.types]
        operator = definition.name in OPERATORS and definition.name != "__call__"
        if operator and definition.owner in classes:
            named.append(definition.owner)
        wanted = usage.attributes - _OF_ARRAYS
        if wanted and not named:
            named += [name for name in classes if wanted <= self._attributes(name)][:3]
        return [
            name
            for name in dict.fromkeys(named)
            if name not in self._making or name in self.objects
        ]

    def _attributes(self, name: str) -> set[str]:
        methods = self.source.methods(name)
        stored = {node.attr for method in methods.values() for node in _stored(method.node)}
        return stored | set(methods)

    def search(self, call: TriedCall, kinds: Mapping[str, list[Kind]]) -> Known | None:
        """Find arguments for a call, those without which it does not work."""
        required = {
            parameter.name: _reusing(call.prefix, parameter.name, kinds[parameter.name])
            for parameter in call.definition.parameters
            if parameter.default is None and parameter.name not in call.pinned
        }
        for parameter in call.definition.parameters:
            small = optional_sizes(parameter) if call.function and not call.prefix.steps else []
            if small:
                required[parameter.name] = [*small, Kind(str(parameter.default), 5.0)]
        sizes = Sizes(call.prefix.sizes)
        found = find_arguments(required, self.attempt(call, sizes), SEARCH_SECONDS)
        return Known(call, found, kinds, sizes) if found else None

    def attempt(self, call: TriedCall, sizes: Sizes) -> Attempt:
        """What tells `find_arguments` whether a call accepts some arguments."""

        def attempt(choice: Choice, redrawn: str) -> Any:
            scenario = self.built(call, choice, sizes)
            variable = next((name for key, name in _bound(scenario, call) if key == redrawn), "")
            return self.outcome(scenario, redrawn=variable)

        return attempt

    def outcome(self, scenario: Scenario, redrawn: str = "") -> Any:
        """What can be told of a scenario's end; None if it raises, or makes no finite numbers."""
        ran = self.run(scenario._replace(seeded=True), redrawn=redrawn)
        if ran is None or not is_finite(_plain_part(ran.result)):
            return None
        step = scenario.steps[-1]
        # The arguments are part of what comes of a call only where it changes them.
        before = self.run(
            scenario._replace(seeded=True, steps=scenario.steps[:-1]), redrawn=redrawn
        )
        held = before.variables if before else {}
        changed = {
            name: fingerprint(value)
            for name, value in ran.variables.items()
            if name != "np"
            and name not in step.results
            and fingerprint(value) != fingerprint(held.get(name))
        }
        outcome = (fingerprint(ran.result), tuple(sorted(changed.items())))
        return None if _says_nothing(ran.result) and not changed else outcome

    def run(self, scenario: Scenario, seed: int | str = 11, redrawn: str = "") -> Ran | None:
        """Run a scenario; None if it raises or takes too long."""
        ran: Ran | None
        _, ran = tried(lambda: run_here(scenario, self.reference, self.modules, seed, redrawn))
        return ran

    # Scenarios

    def built(self, call: TriedCall, choice: Choice, sizes: Sizes) -> Scenario:
        """The scenario in which a call is made with these arguments."""
        draws, steps = dict(call.prefix.draws), list(call.prefix.steps)
        args: list[tuple[str, str]] = []
        skipped = False
        for parameter in call.definition.parameters:
            name = parameter.name
            if name in call.pinned:
                args.append((name if skipped else "", call.pinned[name]))
                continue
            if name not in choice:
                skipped = True
                continue
            template = choice[name].template
            if template.startswith(OBJECT):
                code = self._object(template[1:], name, draws, steps)
            elif choice[name].is_variable:
                code = _variable(name, template, draws, steps)
            else:
                code = template
            args.append((name if skipped else "", code))
        steps.append(
            Step(
                call.function,
                call.receiver,
                call.definition.name if call.receiver else "",
                tuple(args),
            )
        )
        return call.prefix._replace(
            draws=tuple(draws.items()), steps=tuple(steps), sizes=Sizes(sizes)
        )

    def _object(self, name: str, parameter: str, draws: dict[str, str], steps: list[Step]) -> str:
        """Add the making of an object, and return its variable."""
        makers = self.makers(name)
        if not makers:
            return "None"
        made = makers[0].scenario(self)
        used = {result for step in steps for result in step.results} | set(draws)
        variable = _unused(parameter, used)
        renamed: dict[str, str] = {}
        for old, template in made.draws:
            renamed[old] = _unused(f"{variable}_{old}", used | set(draws))
            draws[renamed[old]] = template
        for step in made.steps:
            args = tuple((key, renamed.get(code, code)) for key, code in step.args)
            results = step.results or (variable,)
            steps.append(step._replace(args=args, results=results, returns=None))
        return variable

    def called(self, known: Known, scenario: Scenario | None = None) -> tuple[Scenario, Ran] | None:
        """A scenario with names for what its last step returns, run; None if it does not run.

        Values that can be compared are seen, others stay where they are.
        """
        scenario = scenario or known.scenario(self)
        ran = self.run(scenario._replace(seeded=True))
        if ran is None:
            return None
        *before, last = scenario.steps
        named = self._named(known.call.definition, ran.result, scenario)
        step = last._replace(results=named.results, returns=named.returns)
        scenario = scenario._replace(steps=(*before, step), seen=named.seen)
        again = self.run(scenario._replace(seeded=True))
        return (scenario, again) if again is not None else None

    def _named(self, definition: Definition, result: Any, scenario: Scenario) -> _Named:
        used = set(dict(scenario.draws)) | {
            name for step in scenario.steps for name in step.results
        }
        names = definition.returns
        if isinstance(result, tuple) and 1 < len(result) <= 8:
            if len(names) != len(result):
                names = tuple(f"value{at}" for at in range(1, len(result) + 1))
            variables = _fresh(names, used)
            returns = tuple(
                name if is_plain(value) else f"{name}*"
                for name, value in zip(names, result, strict=True)
            )
            seen = tuple(
                Seen(name, variable)
                for name, variable, value in zip(names, variables, result, strict=True)
                if is_plain(value)
            )
            return _Named(variables, returns, seen)
        if result is None or _is_receiver(result, scenario, self):
            return _Named((), ("_",), ())
        label = names[0] if len(names) == 1 else _label(definition)
        (variable,) = _fresh((label,), used)
        if is_plain(result):
            return _Named((variable,), (label,), (Seen(label, variable),))
        return _Named((variable,), (f"{label}*",), ())


class _Named(NamedTuple):
    results: tuple[str, ...]
    returns: tuple[str, ...]
    seen: tuple[Seen, ...]


def _label(definition: Definition) -> str:
    name = definition.name.strip("_")
    return "value" if definition.name.startswith("__") else name


def _is_receiver(result: Any, scenario: Scenario, explorer: Explorer) -> bool:
    """Whether a method returned its own object, as `return self` does."""
    step = scenario.steps[-1]
    if not step.receiver or not explorer.reference.is_ours(result):
        return False
    ran = explorer.run(
        scenario._replace(steps=(*scenario.steps[:-1], step._replace(results=("it",))), seeded=True)
    )
    return ran is not None and ran.variables["it"] is ran.variables[step.receiver]


def _fresh(names: Sequence[str], used: Iterable[str]) -> tuple[str, ...]:
    taken = set(used)
    made = []
    for name in names:
        made.append(_unused(name, taken))
        taken.add(made[-1])
    return tuple(made)


def _unused(name: str, used: Iterable[str]) -> str:
    taken = {*used, *_RESERVED}
    candidate, number = name, 2
    while candidate in taken or not candidate.isidentifier():
        candidate, number = (
            f"{name}{number}" if name.isidentifier() else f"value{number}",
            number + 1,
        )
    return candidate


def _variable(name: str, template: str, draws: dict[str, str], steps: Sequence[Step]) -> str:
    """The variable that holds a drawn argument: one that is there already, or a new one."""
    if draws.get(name) == template:
        return name
    used = {result for step in steps for result in step.results} | set(draws)
    variable = _unused(name, used)
    draws[variable] = template
    return variable


def _bound(scenario: Scenario, call: TriedCall) -> Iterator[tuple[str, str]]:
    """The parameters of the last step with their variables."""
    names = [p.name for p in call.definition.parameters]
    positional = iter(names)
    for keyword, code in scenario.steps[-1].args:
        yield (keyword or next(positional)), code


def _reusing(prefix: Scenario, name: str, kinds: list[Kind]) -> list[Kind]:
    """The same kinds, with what was drawn under that name before first."""
    earlier = dict(prefix.draws).get(name)
    known = [Kind(earlier, -1.0)] if earlier else []
    return known + [kind for kind in kinds if kind.template != earlier]


def _type_of(choice: Choice) -> tuple[str, ...]:
    return tuple(
        "{}".join(map(str, (kind.template.partition("(")[0], kind.template.count("<"))))
        if kind.is_drawn
        else "number"
        for kind in choice.values()
    )


def _plain_part(value: Any) -> Any:
    if is_plain(value):
        return value
    return [item for item in value if is_plain(item)] if isinstance(value, tuple | list) else None


def _says_nothing(result: Any) -> bool:
    return result is None or (isinstance(result, np.ndarray) and result.size == 0)


def _stored(node: ast.AST) -> Iterator[ast.Attribute]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            yield inner


def _empty_init(known: ClassDefinition) -> Definition:
    node = ast.parse("def __init__(self): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    parameters = _fields(known)
    return Definition(known.module, known.name, node, parameters)


def _fields(known: ClassDefinition) -> tuple[DeclaredParameter, ...]:
    """The parameters of a dataclass."""
    if not any("dataclass" in ast.unparse(each) for each in known.node.decorator_list):
        return ()
    return tuple(
        DeclaredParameter(
            node.target.id,
            ast.unparse(node.annotation),
            ast.unparse(node.value) if node.value else None,
        )
        for node in known.node.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    )
