"""Getting to know a reference by calling it: which arguments it takes, what depends on what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from grader.authoring.argument_evidence import kinds_of, optional_sizes, small_counts, usage_of
from grader.authoring.argument_flow import receivers
from grader.authoring.argument_kinds import Kind, Sizes, normal
from grader.authoring.argument_search import Attempt, Choice, Found, find_arguments, substitutes
from grader.authoring.call_naming import (
    NOTHING,
    result_names,
    taken_names,
    unused,
    variable_for,
)
from grader.authoring.call_outcomes import drained
from grader.authoring.native_reference import (
    NativeReference,
    fingerprint,
)
from grader.authoring.object_evidence import (
    LIST_OF_OBJECTS,
    OBJECT,
    USED,
    constructor,
    object_kinds,
)
from grader.authoring.reference_source import ClassDefinition, Definition, ReferenceSource
from grader.authoring.scenario import Ran, Scenario, Step
from grader.authoring.scenario_runner import ScenarioRunner

SEARCH_SECONDS: Final = 4.0
_USE_SECONDS: Final = 0.5
_IT: Final = "it"
"""The variable of an object while its making is put together."""
_OTHER_SHAPES: Final = (
    normal("D", "M"), normal("D"), normal("N", "1"), normal("T", "N", "D"), normal("T", "D", "M"),
)  # fmt: skip
"""Of the array that an object is made of, for the second object in a call."""


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


class Explorer(ScenarioRunner):
    """Calls the functions and classes of a reference, and remembers how that is done."""

    def __init__(self, source: ReferenceSource, reference: NativeReference) -> None:
        modules = {each.name: each.module for each in source.functions}
        modules |= {name: each.module for name, each in source.classes.items()}
        super().__init__(reference, modules)
        self.source = source
        self.objects: dict[str, list[Known]] = {}
        """Ways to make an object of each class."""
        self._ways: dict[str, list[Known]] = {}
        self._making: set[str] = set()
        self._uses: dict[tuple[str, tuple[Step, ...]], Scenario] = {}
        self._using: set[str] = set()

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
        init = constructor(self.source, known)
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

    def prefer(self, name: str, makers: list[Known]) -> None:
        """Put the ways to make an object of a class into another order."""
        self.objects[name] = makers
        self._ways.pop(name, None)

    def ways(self, name: str) -> list[Known]:
        """Ways to make an object as an argument: the likeliest, and with arrays of other shapes."""
        if name not in self._ways:
            made = self.makers(name)[:1]
            self._ways[name] = [*made, *(way for known in made for way in self._reshaped(known))]
        return self._ways[name]

    def _reshaped(self, known: Known) -> Iterator[Known]:
        arrays = [key for key, kind in known.found.choice.items() if kind.is_numeric_array]
        for shape in _OTHER_SHAPES if arrays else ():
            choice = {**known.found.choice, arrays[0]: Kind(shape)}
            other = known._replace(found=known.found._replace(choice=choice))
            if self.outcome(other.scenario(self)) is not None:
                yield other

    def method(
        self,
        definition: Definition,
        prefix: Scenario,
        receiver: str,
        seconds: float = SEARCH_SECONDS,
    ) -> Known | None:
        """Find arguments for a method of an object that the prefix has made."""
        call = TriedCall(definition, prefix, receiver=receiver)
        methods = list(self.source.methods(definition.owner).values())
        doc = f"{self._owner_doc(definition)}\n{definition.doc}"
        return self.search(call, self.source_kinds(definition, methods, doc), seconds)

    def bare(self, definition: Definition, prefix: Scenario, receiver: str) -> Known:
        """A method called without arguments, whether that says anything or not."""
        call = TriedCall(definition, prefix, receiver=receiver)
        return Known(call, Found({}, None, ()), {}, Sizes(prefix.sizes))

    def source_kinds(
        self, definition: Definition, siblings: Sequence[Definition], doc: str
    ) -> dict[str, list[Kind]]:
        """What each parameter may be, objects of the package's classes included."""
        closed = self._making - set(self.objects)
        kinds: dict[str, list[Kind]] = {}
        for parameter in definition.parameters:
            passed_on = list(receivers(self.source, definition, parameter.name))
            usage = usage_of(parameter, definition, siblings, passed_on)
            objects = object_kinds(self.source, parameter, usage, definition, closed)
            others = kinds_of(parameter, definition, siblings, doc, passed_on)
            kinds[parameter.name] = sorted([*objects, *others], key=lambda kind: kind.cost)
        return kinds

    def _owner_doc(self, definition: Definition) -> str:
        owner = self.source.classes.get(definition.owner)
        return owner.doc if owner else ""

    def search(
        self,
        call: TriedCall,
        kinds: Mapping[str, list[Kind]],
        seconds: float = SEARCH_SECONDS,
    ) -> Known | None:
        """Find arguments for a call, those without which it does not work."""
        required = {
            parameter.name: _reusing(call.prefix, parameter.name, kinds[parameter.name])
            for parameter in call.definition.parameters
            if parameter.default is None and parameter.name not in call.pinned
        }
        for parameter in call.definition.parameters:
            doc = f"{self._owner_doc(call.definition)}\n{call.definition.doc}"
            first = call.function and not call.prefix.steps
            small = small_counts(parameter) or (optional_sizes(parameter, doc) if first else [])
            if small:
                required[parameter.name] = [*small, Kind(str(parameter.default), 5.0)]
        sizes = Sizes(call.prefix.sizes)
        attempt = self.attempt(call, sizes)
        found = find_arguments(required, attempt, seconds)
        may_be_missed = {
            parameter.name: [kind for kind in kinds[parameter.name] if kind.template != "None"]
            for parameter in call.definition.parameters
            if parameter.default == "None" and parameter.name not in call.pinned
        }
        if found is None and may_be_missed:  # as in `fit(X, y=None)`, which wants labels
            found = find_arguments({**required, **may_be_missed}, attempt, seconds)
        return Known(call, found, kinds, sizes) if found else None

    def attempt(self, call: TriedCall, sizes: Sizes) -> Attempt:
        """What tells `find_arguments` whether a call accepts some arguments."""

        def attempt(choice: Choice, redrawn: str) -> Any:
            scenario = self.built(call, choice, sizes)
            variable = next((name for key, name in _bound(scenario, call) if key == redrawn), "")
            return self.outcome(scenario, redrawn=variable)

        return attempt

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
            if template.startswith(LIST_OF_OBJECTS):
                code = self._list(template[len(LIST_OF_OBJECTS) : -1], name, draws, steps)
            elif template.startswith(OBJECT):
                code = self._object(template[len(OBJECT) :], name, draws, steps)
            elif choice[name].is_variable:
                code = variable_for(name, template, draws, steps)
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
        named = Sizes(sizes)
        for name, kind in choice.items():
            named.name(name, kind.template)
        return call.prefix._replace(draws=tuple(draws.items()), steps=tuple(steps), sizes=named)

    def _list(self, names: str, parameter: str, draws: dict[str, str], steps: list[Step]) -> str:
        """Add the making of two objects, and return a list of them."""
        first, _, second = names.partition(", ")
        made = (f"{first}#0", f"{second}#0" if second else f"{first}#1")
        return f"[{', '.join(self._object(way, parameter, draws, steps) for way in made)}]"

    def _object(self, way: str, parameter: str, draws: dict[str, str], steps: list[Step]) -> str:
        """Add the making of an object, and return its variable."""
        name, _, number = way.removesuffix(USED).partition("#")
        ways = self.ways(name)
        if not ways:
            return "None"
        known = self._composed(ways[min(int(number), len(ways) - 1)], draws, steps)
        made = known.scenario(self)
        *before, last = made.steps
        made = made._replace(steps=(*before, last._replace(results=(_IT,), returns=None)))
        if way.endswith(USED):
            made = self._used(name, made)
        variable = unused(parameter, taken_names(draws, steps))
        renamed = {_IT: variable}
        for old, template in made.draws:
            taken = {variable, *taken_names(draws, steps)}
            renamed[old] = unused(f"{variable}_{old}", taken)
            draws[renamed[old]] = template
        for step in made.steps:
            for old in step.results:
                if old not in renamed:
                    taken = {*renamed.values(), *taken_names(draws, steps)}
                    renamed[old] = unused(old, taken)
            steps.append(step.renamed(renamed))
        return variable

    def _used(self, name: str, made: Scenario) -> Scenario:
        """The making of an object, and a call of each method that changes it."""
        key = name, made.steps
        if key not in self._uses and name not in self._using:
            self._using.add(name)
            self._uses[key] = self._with_calls(name, made)
            self._using.remove(name)
        return self._uses.get(key, made)

    def _with_calls(self, name: str, made: Scenario) -> Scenario:
        for method in self.source.methods(name).values():
            if not method.name.startswith("_") and not method.is_property:
                known = self.method(method, made, _IT, _USE_SECONDS)
                if known is not None and self.changes(known, _IT):
                    named = self.called(known)
                    made = named[0]._replace(seen=()) if named else made
        return made

    def changes(self, known: Known, receiver: str) -> bool:
        """Whether a call changes the object that it is a method of."""
        scenario = known.scenario(self)._replace(seeded=True)
        before = self.run(scenario._replace(steps=scenario.steps[:-1]))
        after = self.run(scenario)
        if before is None or after is None:
            return False
        held = before.variables[receiver], after.variables[receiver]
        return bool(fingerprint(held[0]) != fingerprint(held[1]))

    def _composed(self, known: Known, draws: dict[str, str], steps: list[Step]) -> Known:
        """The making of an object from the parts of one that is there: `layer.parameters()`."""
        for parameter, kind in known.found.choice.items():
            owners = [
                step.results[0]
                for step in steps
                if len(step.results) == 1 and parameter in self.source.methods(step.function)
            ]
            if kind.template.startswith(LIST_OF_OBJECTS) and owners:
                variable = unused(parameter, taken_names(draws, steps))
                step = Step("", owners[0], parameter, (), (variable,), (f"{variable}*",))
                steps.append(step)
                pinned = {**known.call.pinned, parameter: variable}
                return known._replace(call=known.call._replace(pinned=pinned))
        return known

    def called(self, known: Known, scenario: Scenario | None = None) -> tuple[Scenario, Ran] | None:
        """A scenario with names for what its last step returns, run; None if it does not run.

        Values that can be compared are seen, others stay where they are.
        """
        scenario = scenario or known.scenario(self)
        ran = self.run(scenario._replace(seeded=True))
        if ran is None:
            return None
        *before, last = scenario.steps
        result, items = drained(ran.result)
        nothing = result is None or _is_receiver(result, scenario, self)
        named = NOTHING if nothing else result_names(known.call.definition, result, scenario)
        returns = (f"{named.results[0]}*",) if items else named.returns
        step = last._replace(results=named.results, returns=returns, drained=items)
        scenario = scenario._replace(steps=(*before, step), seen=named.seen)
        again = self.run(scenario._replace(seeded=True))
        return (scenario, again) if again is not None else None


def _is_receiver(result: Any, scenario: Scenario, explorer: Explorer) -> bool:
    """Whether a method returned its own object, as `return self` does."""
    step = scenario.steps[-1]
    if not step.receiver or not explorer.reference.is_ours(result):
        return False
    ran = explorer.run(
        scenario._replace(steps=(*scenario.steps[:-1], step._replace(results=("it",))), seeded=True)
    )
    return ran is not None and ran.variables["it"] is ran.variables[step.receiver]


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
        else kind.template.removesuffix(USED)
        if kind.template.startswith(OBJECT)
        else "number"
        for kind in choice.values()
    )
