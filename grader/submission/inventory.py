"""What the chosen package holds: which names of the contract, where, and in what state."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Final

from grader.assignment.plugin import SubmissionFacts
from grader.model.contract import Contract
from grader.model.result import SourceSpan
from grader.model.submission import SourceFile
from grader.protocol.toplevel import acts, imported_later
from grader.submission.debugger_calls import debugger_calls
from grader.submission.definitions import definitions, left_as_given, span
from grader.submission.division import needs_floor
from grader.submission.helper_modules import within
from grader.submission.make_runnable import Prepared
from grader.submission.module_names import import_stem
from grader.submission.package import Package
from grader.submission.reader import Reader
from grader.submission.source_text import is_foreign

_MAX_REMARKS: Final = 5


class Contents:
    """The chosen package, file by file."""

    def __init__(
        self,
        package: Package,
        entries: Contract,
        reader: Reader,
        lent: Collection[str] = (),
        names: Mapping[str, str] = {},
        given: Collection[str] = (),
    ) -> None:
        """Look into the files.

        Args:
            package: the chosen package, with all that it imports.
            entries: what the assignment asks for.
            reader: prepares its files.
            lent: files of ours, in the place of given ones that are missing.
            names: those of modules in files that are not called so.
            given: modules that everybody gets complete: nothing in them is to do.
        """
        self.package = package
        self.entries = entries
        self.contract = contract = entries.modules
        self.reader = reader
        self._lent = frozenset(lent)
        self._given = frozenset(given)
        self._names = {file: name for name, file in reversed([*names.items()])}
        loaded = {file: reader.load(package, file) for file in package.files}
        self.modules = {file: module for file, module in loaded.items() if module is not None}
        """Files that can be run, at least in part."""
        self.unusable = [file for file in [*loaded, *package.unread] if file not in self.modules]
        self._definitions = {file: definitions(m.tree) for file, m in self.modules.items()}
        self._imports: dict[str, list[str]] = {}
        self.locations = {name: file for name in contract if (file := self._locate(name))}
        """Contract name to the file that defines it."""

    @property
    def lent_names(self) -> frozenset[str]:
        """Names that only files of ours define."""
        return frozenset(name for name, file in self.locations.items() if file in self._lent)

    def _locate(self, name: str) -> str:
        """The file that defines a name; empty if none does.

        It is looked for where it should be, then in files that this one imports from, or in all
        of them where this one is missing.
        """
        file = self.package.module_file(self.contract[name])
        if name in self._definitions.get(file, {}):
            return file
        if file in self.unusable:
            return ""
        others = self._imported_by(file) if file in self.modules else self._handed_in()
        return next((other for other in others if self._defines(other, name)), "")

    def _defines(self, file: str, name: str) -> bool:
        """Whether a file has a definition of its own, and does not only import the name."""
        imports = (ast.Import, ast.ImportFrom)
        statement = self._definitions[file].get(name)
        return statement is not None and not isinstance(statement, imports)

    def _handed_in(self) -> list[str]:
        return [file for file in self.modules if file not in self._lent]

    def _imported_by(self, file: str) -> list[str]:
        if file not in self._imports:  # asked for each name that is missing
            tree = self.modules[file].tree
            imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            stems = {(node.module or "").rpartition(".")[2] for node in imports}
            handed_in = (other for other in self._handed_in() if other != file)
            self._imports[file] = [each for each in handed_in if import_stem(each) in stems]
        return self._imports[file]

    def statement(self, name: str) -> ast.stmt:
        """The definition of a name that has a location."""
        return self._definitions[self.locations[name]][name]

    def _module(self, name: str) -> Prepared:
        return self.modules[self.locations[name]]

    @property
    def python2(self) -> dict[str, str]:
        """File to what shows that it was written for Python 2: `uses xrange (line 7)`.

        Not of scripts and helpers of other hand-ins that lie beside the assignment's files.
        """
        return {
            file: f"uses {', '.join(map(str, module.python2))}"
            for file, module in self.modules.items()
            if module.python2 and self._tells(file)
        }

    def _tells(self, file: str) -> bool:
        return file in self._own() or (self._is_given(file) and file not in self._lent)

    def _is_given(self, file: str) -> bool:
        """Whether a file holds what the contract says is given: students run it as it is."""
        given = {entry.module for entry in self.entries.values() if entry.given}
        return file in map(self.package.module_file, given)

    def _own(self) -> set[str]:
        """Files that students write in."""
        return set(self.locations.values()) - self._lent

    def _floors(self, file: str) -> bool:
        module = self.modules[file]
        return file not in self._lent and module.floors(among_python2=bool(self.python2))

    def files(self) -> dict[str, SourceFile]:
        """All that is run."""
        return {
            file: SourceFile(
                text=within(module.text, module.tree, self._depth(file)),
                floor_division=self._floors(file),
                acts=acts(module.tree.body),
                cells=list(module.cells),
            )
            for file, module in self.modules.items()
        }

    def missing(self) -> dict[str, str]:
        """Names that no file defines, to the file that should."""
        defined = {
            name
            for found in self._definitions.values()
            for name, statement in found.items()
            if not isinstance(statement, (ast.Import, ast.ImportFrom))
        }
        return {
            name: self.package.module_file(module)
            for name, module in self.contract.items()
            if name not in self.locations and name not in defined
        }

    def imported_later(self) -> list[str]:
        """Files that functions import when they are called."""
        stems: set[str] = set()
        for file in self._judged():
            stems |= imported_later(self.modules[file].text, self.modules[file].tree)
        at = set(self.locations.values())
        return [file for file in self.modules if import_stem(file) in stems and file not in at]

    def _depth(self, file: str) -> int:
        """In how many folders a module lies, the package included."""
        if file not in self._names:
            return file.count("/") + 1
        return self._names[file].count(".") + 1 + file.endswith("__init__.py")

    def spans(self) -> dict[str, SourceSpan]:
        """The student's own lines of each name."""
        found = {
            name: span(file, self._module(name), name, self.statement(name))
            for name, file in self.locations.items()
        }
        return {**found, **self._method_spans()}

    def _method_spans(self) -> dict[str, SourceSpan]:
        """The lines of the methods that the contract lists, where they are defined in the class."""
        return {
            f"{name}.{method.name}": span(file, self._module(name), "", method)
            for name, file in self.locations.items()
            if isinstance(owner := self.statement(name), ast.ClassDef)
            for method in owner.body
            if isinstance(method, ast.FunctionDef) and method.name in self.entries[name].methods
        }

    def todo(self) -> list[str]:
        """Names left as in a template, methods as `Net.loss`."""
        broken = self.broken()
        left = [
            part
            for name in self.locations
            if not self.entries[name].given
            for part in left_as_given(
                name, self.entries[name], self.statement(name), self._module(name).tree
            )
        ]
        return [part for part in left if part not in broken]

    def broken(self) -> dict[str, str]:
        """Names that cannot be parsed, methods as `Net.loss`, and why."""
        found = {
            part.name: part.reason
            for name in self.locations
            for part in self._module(name).broken.values()
            if part.name.partition(".")[0] == name
        }
        wanted = {self.package.module_file(module) for module in self.contract.values()}
        for file in wanted.intersection(self.unusable):
            found |= dict.fromkeys(self._names_in(file), self.reader.problem(self.package, file))
        return found

    def _names_in(self, file: str) -> list[str]:
        """Contract names that an unusable file should define, and seems to."""
        data = self.reader.tree.files.get(self.package.inside(file))
        unknown = data is None or is_foreign(data)
        return [
            name
            for name, module in self.contract.items()
            if self.package.module_file(module) == file
            and name not in self.locations
            and (unknown or name.encode() in (data or b""))
        ]

    def facts(self) -> SubmissionFacts:
        """What the release can be read off."""
        return SubmissionFacts(
            package=self.package.name,
            files={
                file: module.text for file, module in self.modules.items() if file not in self._lent
            },
            definitions={
                name: self.statement(name) for name in self.locations if name not in self.lent_names
            },
            unreadable=frozenset(self.broken()),
            python2=bool(self.python2_signs()),
        )

    def python2_signs(self) -> list[str]:
        """What shows Python 2, where a file that students write in does: `layers.py uses xrange`.

        Given files tell the template too, but no more than that.
        """
        if self._own().isdisjoint(self.python2):
            return []
        return [f"{file} {signs}" for file, signs in self.python2.items()]

    def notes(self) -> list[str]:
        """Remarks for the report."""
        return [
            *self._python2_notes(),
            *(note for module in self.modules.values() for note in module.notes),
            *self._broken_helpers(),
            *self._left_out(),
            *self._remarks(),
        ]

    def _judged(self) -> list[str]:
        own = self._own()
        return [file for file in self.modules if file in own or self._is_given(file)]

    def _python2_notes(self) -> list[str]:
        """What was done to each file that was written for Python 2."""
        notes, own, python2 = [], self._own(), self.python2
        for file in sorted({*own, *python2}, key=lambda name: (name not in own, name)):
            signs, floors = python2.get(file, ""), self._floors(file)
            if not (signs or floors):
                continue
            done = f"{signs}: converted from Python 2 line for line" if signs else "is Python 2"
            divided = self._floored(file) if floors else "/ divides as in Python 3"
            notes.append(f"{file} {done}; {divided}.")
        return notes[:_MAX_REMARKS]

    def _floored(self, file: str) -> str:
        module, done = self.modules[file], "/ between integers floors"
        if module.python2_only:
            return done
        return f"{done} (used as a whole number in line {needs_floor(module.tree)})"

    def _broken_helpers(self) -> list[str]:
        """Broken functions that the contract does not name, but others may call."""
        return [
            f"{part.name} cannot be parsed: {part.reason}"
            for file in self._judged()
            for part in self.modules[file].broken.values()
            if part.name.partition(".")[0] not in self.locations
        ][:_MAX_REMARKS]

    @property
    def problems(self) -> list[str]:
        """What is wrong with files that cannot be used: `layers.py is a PDF document`."""
        return [self.reader.problem(self.package, file) for file in self.unusable]

    def _remarks(self) -> list[str]:
        """What its author should look at: files that are empty or end too early, debuggers."""
        remarks = []
        wanted = {self.package.module_file(module) for module in self.contract.values()}
        for file in self._handed_in():
            module = self.modules[file]
            if file in wanted and not module.original.strip():
                remarks.append(f"{file} is empty: save it, and submit it again.")
            elif file in wanted and not module.original.endswith("\n"):
                remarks += self._ends_early(file)
            if file in self._judged():
                remarks += debugger_calls(file, module.text, module.tree)
        return remarks[:_MAX_REMARKS]

    def _ends_early(self, file: str) -> list[str]:
        missing = [name for name, where in self.missing().items() if where == file]
        last = self.modules[file].original.count("\n") + 1
        if not missing or self.modules[file].broken:
            return []
        return [
            f"{file} ends in the middle of line {last}, and {', '.join(missing[:_MAX_REMARKS])} "
            f"{'is' if len(missing) == 1 else 'are'} not in it: it may have been cut off."
        ]

    def _left_out(self) -> list[str]:
        problems = self.problems
        more = len(problems) - _MAX_REMARKS
        shown = [f"Left out: {problem}." for problem in problems[:_MAX_REMARKS]]
        return shown + ([f"Left out: {more} other files."] if more > 0 else [])
