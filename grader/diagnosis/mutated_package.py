"""The reference package in memory, right or with mistakes in it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from grader.assignment.catalogue import (
    Mistake,
    Parameter,
    Patch,
    Variant,
    definition_extent,
    load_mistakes,
    load_variants,
    patched,
    read_package,
)
from grader.assignment.layout import Layout
from grader.model.contract import Contract
from grader.model.errors import InputError
from grader.model.module_path import source_file
from grader.runner.memory_package import MemoryPackage

Resolve = Callable[[str], Any]


class Version(NamedTuple):
    """A mistake in one of its ways, with numbers for its parameters."""

    id: str
    form: int = 0
    """Number of the way."""
    numbers: tuple[float, ...] = ()
    """Empty for the usual ones."""


Versions = tuple[Version, ...]


def one_of_each(versions: Iterable[Version]) -> list[Version]:
    """The first version of each mistake."""
    first: dict[str, Version] = {}
    for version in versions:
        first.setdefault(version.id, version)
    return list(first.values())


class Catalogue:
    """The known mistakes beside a reference, each ready to be called."""

    def __init__(
        self,
        layout: Layout,
        contract: Contract,
        files: Mapping[str, str] | None = None,
        names: Collection[str] = (),
    ) -> None:
        """What lies beside the reference package.

        Args:
            layout: where that is.
            contract: what is asked for.
            files: the package's own, if not all lie in it.
            names: those by which its modules may import it.
        """
        self._layout = layout
        self._names = {layout.reference.name, *names}
        self._given_files = files
        self.contract = contract
        self._versions: dict[str, list[Version]] = {}
        self._packages: dict[Versions, MemoryPackage | None] = {}

    @cached_property
    def mistakes(self) -> dict[str, Mistake]:
        """The mistakes, by id.

        Raises:
            InputError: a file of the catalogue is wrong.
        """
        return {mistake.id: mistake for mistake in load_mistakes(self._layout.mistakes)}

    @cached_property
    def styles(self) -> dict[str, Variant]:
        """The valid variants, by id with `style:` before it.

        Raises:
            InputError: a file of the catalogue is wrong.
        """
        return {f"style:{variant.id}": variant for variant in load_variants(self._layout.variants)}

    def styles_of(self, function: str) -> list[Version]:
        """The valid variants that change this function and no other."""
        return [
            Version(name)
            for name, variant in self.styles.items()
            if {patch.function for patch in variant.patch} == {function}
        ]

    def patches(self, version: Version) -> int:
        """In how many places a mistake changes the reference."""
        return len(self._patches(version))

    @property
    def functions(self) -> Collection[str]:
        """The names of the contract, in its order."""
        return self.contract

    @cached_property
    def _files(self) -> dict[str, str]:
        return dict(self._given_files or read_package(self._layout.reference))

    def load(self) -> None:
        """Read the files now, before processes are forked that would each do so.

        Raises:
            InputError: a file of the catalogue is wrong.
        """
        self.resolver()
        assert self.mistakes is not None

    def of(self, function: str) -> list[Version]:
        """The mistakes in one function of the contract, in each form, with each likely number."""
        if function not in self._versions:
            mine = [mistake for mistake in self.mistakes.values() if mistake.function == function]
            self._versions[function] = [version for one in mine for version in _versions(one)]
        return self._versions[function]

    def families(self, versions: Iterable[Version]) -> list[Version]:
        """Each way that has a number in it to make these mistakes, with the likeliest one."""
        ids = dict.fromkeys(version.id for version in versions)
        return [
            Version(name, number, tuple(each.values[0] for each in way.parameter))
            for name in ids
            for number, way in enumerate(self.mistakes[name].ways)
            if way.parameter
        ]

    def written(self, version: Version) -> list[Version]:
        """The form behind a way, with each of the likely numbers."""
        way = self.mistakes[version.id].ways[version.form]
        return [*_versions_of(self.mistakes[version.id], way.form)]

    def parameters(self, version: Version) -> list[Parameter]:
        """The numbers that a mistake leaves open."""
        mistake = self.mistakes.get(version.id)
        return mistake.parameters_of(version.form) if mistake else []

    def built_on(self, function: str) -> list[str]:
        """The contract's functions that the reference's calls, in the contract's order."""
        met, left = set[str](), {function}
        while left:
            met |= left
            left = {name for one in left for name in self._words(one)} & set(self.contract) - met
        return [name for name in self.contract if name in met - {function}]

    def _words(self, function: str) -> list[str]:
        text = self._files.get(source_file(self.contract[function].module), "")
        begin, end = definition_extent(text, function)
        return re.findall(r"\w+", text[begin:end])

    def resolver(self, versions: Iterable[Version] = ()) -> Resolve | None:
        """The contract's functions of the reference with these mistakes, in these styles.

        None if they overlap.
        """
        key = tuple(sorted(versions))
        if key not in self._packages:
            self._packages[key] = self._made(key)
        package = self._packages[key]
        if package is None:
            return None
        package.forget_state()
        return package.resolve

    def _made(self, versions: Versions) -> MemoryPackage | None:
        """Mistakes on top of styles, in the first order in which each finds its place."""
        styles = [version for version in versions if version.id in self.styles]
        mistakes = [version for version in versions if version.id not in self.styles]
        for order in (mistakes, mistakes[::-1])[: max(1, len(mistakes))]:
            patches = [patch for version in (*styles, *order) for patch in self._patches(version)]
            try:
                return MemoryPackage(patched(self._files, patches), self.contract, self._names)
            except InputError:
                continue
        return None

    def _patches(self, version: Version) -> list[Patch]:
        if version.id in self.styles:
            return self.styles[version.id].patch
        return self.mistakes[version.id].patches(version.form, version.numbers)

    def forget_combinations(self) -> None:
        """Drop the packages of one submission: those with several mistakes or fitted numbers."""
        kept = {(version,) for name in self._versions for version in self._versions[name]}
        for key in [key for key in self._packages if key and key not in kept]:
            package = self._packages.pop(key)
            if package is not None:
                package.drop()


def _versions(mistake: Mistake) -> Iterator[Version]:
    for form in range(len(mistake.forms)):
        yield from _versions_of(mistake, form)


def _versions_of(mistake: Mistake, form: int) -> Iterator[Version]:
    parameters = mistake.parameters_of(form)
    for numbers in itertools.product(*(each.values for each in parameters)):
        yield Version(mistake.id, form, numbers)
