"""The contract: which functions and classes an assignment asks for, and what is known of them.

An entry is a short text, or a table where more than module and returned values is to be said:

    [contract]
    step = "rules: next_w, config"
    scale_forward = "layers: out, cache*"
    scale_backward = { module = "layers", returns = "dx, dw, db", backward_of = "scale_forward" }
    Net = { module = "nets", returns = "net*", stands_on = ["scale_forward"], methods = ["loss"] }

Everything that the harness does with some functions and not with others, it does by these facts,
never by how a name is spelt.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.model.module_path import notebook_of
from grader.model.rubric_fault import Fault, did_you_mean

_MODULE: Final = re.compile(r"\w+(\.\w+)*|notebook:[^:]*\w[^:]*")
_RETURNS: Final = re.compile(r"\w+\*?( *, *\w+\*?)*")


class MethodTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method, as a table in the rubric."""

    returns: str = "value"
    backward_of: str = ""
    differentiable: list[str] = []
    random: list[str] = []
    given: bool = False
    given_lines: list[str] = []


class EntryTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry, as a table in the rubric; `ContractEntry` says what the keys mean."""

    module: str
    returns: str
    backward_of: str = ""
    methods: list[str] | dict[str, str | MethodTable] = []
    stands_on: list[str] = []
    random: list[str] = []
    differentiable: list[str] = []
    numbered: list[str] = []
    given: bool = False
    given_lines: list[str] = []


Declared = Mapping[str, str | EntryTable]


class ContractEntry(msgspec.Struct, frozen=True):
    """A function or class of the contract, or one of its methods."""

    module: str
    """Where it lives, relative to the package; `notebook:Name` for a cell of that notebook."""
    returns: tuple[str, ...]
    """Names of the values in order; one that ends in `*` stays behind the wall."""
    backward_of: str = ""
    """The function that this one differentiates, and whose cache it may be given.

    A function that returns its own gradient, such as a loss, is the backward of itself."""
    methods: Mapping[str, ContractEntry] = {}
    """Of a class: the methods that students write, by name. None listed: the class as a whole."""
    stands_on: tuple[str, ...] = ()
    """Other functions of the contract that it calls, such as the layers of a network. Backwards
    come with their forwards."""
    random: tuple[str, ...] = ()
    """Returned values, or attributes, that depend on what the student's code draws at random."""
    differentiable: tuple[str, ...] = ()
    """The arguments that its backward returns gradients of."""
    numbered: tuple[str, ...] = ()
    """How names begin that end in a number, counted from 1: a student may count from 0."""
    given: bool = False
    """Whether students get it complete: there is nothing to do in it."""
    templates: frozenset[str] = frozenset()
    """Hashes of the syntax trees that known templates have in its place."""
    given_lines: tuple[str, ...] = ()
    """Statements that a template gives in it though they compute a part of its results."""

    @property
    def makes_object(self) -> bool:
        """Whether all that a call gives back stays behind the wall, as with a class."""
        return all(name.endswith("*") for name in self.returns)

    @property
    def notebook(self) -> str:
        """The notebook that it lives in; empty for a function of a module."""
        return notebook_of(self.module)

    @classmethod
    def parse(cls, name: str, declared: str | EntryTable, *, given: bool = False) -> ContractEntry:
        """Read `"layers: out, cache*"`, or a table; `given` if its whole module is."""
        if isinstance(declared, str):
            module, returns = _split(declared)
            return cls(module, _names(returns), given=given)
        given = given or declared.given
        tables = _method_tables(declared.methods)
        methods = {
            method: cls(
                module=declared.module,
                returns=_names(table.returns),
                backward_of=_qualified(table.backward_of, name, tables),
                random=tuple(table.random),
                differentiable=tuple(table.differentiable),
                given=given or table.given,
                given_lines=tuple(table.given_lines),
            )
            for method, table in tables.items()
        }
        return cls(
            module=declared.module,
            returns=_names(declared.returns),
            backward_of=declared.backward_of,
            methods=methods,
            stands_on=tuple(declared.stands_on),
            random=tuple(declared.random),
            differentiable=tuple(declared.differentiable),
            numbered=tuple(declared.numbered),
            given=given,
            given_lines=tuple(declared.given_lines),
        )


class Contract(Mapping[str, ContractEntry]):
    """The entries by name, in the rubric's order; methods are found by `Class.method`."""

    def __init__(self, entries: Mapping[str, ContractEntry]) -> None:
        self._entries = dict(entries)

    @classmethod
    def parse(cls, declared: Declared, given_modules: Collection[str] = ()) -> Contract:
        """Read the rubric's table.

        Args:
            declared: name to a text or a table.
            given_modules: modules that students get complete, with all that is in them.
        """
        return cls(
            {
                name: ContractEntry.parse(name, entry, given=_module(entry) in given_modules)
                for name, entry in declared.items()
            }
        )

    def with_templates(self, digests: Mapping[str, frozenset[str]]) -> Contract:
        """The contract with what known templates have in the place of functions and methods."""
        return Contract(
            {name: _with_templates(name, entry, digests) for name, entry in self.items()}
        )

    def __getitem__(self, name: str) -> ContractEntry:
        owner, _, method = name.partition(".")
        entry = self._entries[owner]
        return entry.methods[method] if method else entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def targets(self) -> list[str]:
        """All that a check, a hint or points may name: the entries, and their methods."""
        return [
            target
            for name, entry in self._entries.items()
            for target in (name, *(f"{name}.{method}" for method in entry.methods))
        ]

    @property
    def modules(self) -> dict[str, str]:
        """Name to the module that should define it."""
        return {name: entry.module for name, entry in self._entries.items()}

    def forward_of(self, name: str) -> str:
        """The function that this one is the backward of; empty if it is not a backward."""
        return self[name].backward_of if name in self else ""

    def backwards_of(self, name: str) -> list[str]:
        """The other functions that differentiate this one, in the contract's order."""
        return [other for other in self if other != name and self[other].backward_of == name]

    def family(self, name: str) -> str:
        """The forward function of a family: a cache is understood by its members alone.

        A method belongs to the family of its class.
        """
        owner = owner_of(name)
        return self.forward_of(owner) or owner

    def families(self, names: Iterable[str]) -> list[str]:
        """Some functions, and all that belong to their families, in the contract's order."""
        wanted = {self.family(name) for name in names}
        return [name for name in self if self.family(name) in wanted]

    @property
    def forwards(self) -> frozenset[str]:
        """The functions that have a backward."""
        return frozenset(
            entry.backward_of for entry in map(self.__getitem__, self.targets) if entry.backward_of
        )

    def below(self, name: str) -> list[str]:
        """All that a function stands on, directly or through others, in the contract's order."""
        own = {self.family(name)}
        met, left = set[str](), own
        while left:
            met |= left
            called = [below for one in left for below in self[one].stands_on]
            left = {self.family(below) for below in called} - met
        return self.families(met - own)


def _with_templates(
    name: str, entry: ContractEntry, digests: Mapping[str, frozenset[str]]
) -> ContractEntry:
    methods = {
        method: _with_templates(f"{name}.{method}", inner, digests)
        for method, inner in entry.methods.items()
    }
    return replace(entry, methods=methods, templates=digests.get(name, frozenset()))


def owner_of(name: str) -> str:
    """The contract's entry that a target belongs to: `Tensor` for `Tensor.backward`."""
    return name.partition(".")[0]


def contract_faults(declared: Declared) -> Iterator[Fault]:
    """What is wrong with a contract though every value has the right type."""
    for name, entry in declared.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            owner, dot, method = name.partition(".")
            hint = f'List it in `methods` of {owner}: methods = ["{method}"]' if dot else ""
            yield Fault(("contract", name), "is not the name of a function or class", hint)
        elif isinstance(entry, str):
            module, returns = _split(entry)
            if not (_MODULE.fullmatch(module) and _RETURNS.fullmatch(returns)):
                yield Fault(("contract", name), f'is "{entry}"; expected "module: value, value*"')
        else:
            for key, what, hint in _table_faults(name, entry, declared):
                yield Fault(("contract", name, *key), what, hint)


_Said = tuple[tuple[str, ...], str, str]


def _table_faults(name: str, entry: EntryTable, declared: Declared) -> Iterator[_Said]:
    if not _MODULE.fullmatch(entry.module):
        what = f'is "{entry.module}"; expected a module such as "layers" or "notebook:Name"'
        yield ("module",), what, ""
    for stem in entry.numbered:
        if not stem.isidentifier():
            yield ("numbered",), f"names {stem!r}, which is not a name", ""
    methods = _method_tables(entry.methods)
    names = {*declared, *(f"{name}.{method}" for method in methods)}
    yield from _value_faults(entry, names)
    for other in entry.stands_on:
        if other not in declared or other == name:
            hint = did_you_mean(other, [known for known in declared if known != name])
            what = f"names {other!r}, which is not another entry of the contract"
            yield ("stands_on",), what, hint
    if methods and not ContractEntry.parse(name, entry).makes_object:
        what = "is for classes, but the returned values do not all stay with the student"
        yield ("methods",), what, "Mark what a call of the class returns with `*`."
    for method, table in methods.items():
        if not method.isidentifier():
            yield ("methods",), f"names {method!r}, which is not the name of a method", ""
        for key, what, hint in _value_faults(table, {*names, *methods}):
            yield ("methods", method, *key), what, hint


def _value_faults(entry: EntryTable | MethodTable, names: Collection[str]) -> Iterator[_Said]:
    if not _RETURNS.fullmatch(entry.returns):
        yield ("returns",), f'is "{entry.returns}"; expected names such as "out, cache*"', ""
    if entry.backward_of and entry.backward_of not in names:
        what = f"is {entry.backward_of!r}, which is not in the contract"
        yield ("backward_of",), what, did_you_mean(entry.backward_of, names)
    for key, values in (("random", entry.random), ("differentiable", entry.differentiable)):
        for value in values:
            if not value.isidentifier():
                yield (key,), f"names {value!r}, which is not a name", ""


def _method_tables(methods: list[str] | Mapping[str, str | MethodTable]) -> dict[str, MethodTable]:
    if isinstance(methods, list):
        return {name: MethodTable() for name in methods}
    return {
        name: MethodTable(returns=table) if isinstance(table, str) else table
        for name, table in methods.items()
    }


def _qualified(function: str, owner: str, methods: Collection[str]) -> str:
    """The full name of a function that a method of `owner` may name without it."""
    return f"{owner}.{function}" if function in methods else function


def _module(declared: str | EntryTable) -> str:
    return _split(declared)[0] if isinstance(declared, str) else declared.module


def _split(text: str) -> tuple[str, str]:
    module, _, returns = text.rpartition(":")
    return module.strip(), returns.strip()


def _names(returns: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in returns.split(","))
