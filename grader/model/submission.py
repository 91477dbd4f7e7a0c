"""What the harness knows of a submission before any of its code has run."""

from __future__ import annotations

import msgspec

from grader.model.release import Release
from grader.model.result import SourceSpan


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One Python file of the student's package."""

    text: str
    """What is run: converted and salvaged where necessary, line numbers as in the original."""
    floor_division: bool = False
    """Written for Python 2: `/` between integers floors."""
    acts: bool = False
    """Whether it does more when it is imported than import and define."""
    cells: list[tuple[int, str]] = []
    """Of a notebook: the line where each cell of code begins, and what the cell is called."""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """The student's files, found and read; nothing was executed."""

    id: str
    """The identity of the submission; see `Source.id`."""
    path: str
    """Where it was found."""
    package: str
    """Folder of the package inside the submission, `.` for its root."""
    import_names: list[str] = []
    """Names that import the package besides its own: the first is the usual one."""
    files: dict[str, SourceFile]
    """Path inside the package (`layers.py`, `nets/simple.py`, always `/`) to the file; one
    that lies beside the package starts with `../`."""
    modules: dict[str, str] = {}
    """Names that files are imported by, where these are not their paths:
    `{"layers": "layers (1).py", "my_utils": "../my_utils.py"}`."""
    locations: dict[str, str]
    """Contract name (`scale_forward`, `Net`) to the file that defines it."""
    spans: dict[str, SourceSpan] = {}
    """Contract name to the student's own lines of it, as written."""
    todo: list[str] = []
    """Contract names whose body was left as in a template; where only one method of a network was,
    that method: `Net.loss`."""
    broken: dict[str, str] = {}
    """Contract name, or method such as `Net.loss`, to why it cannot be used:
    `layers.py, line 12: unexpected indent`. In `files` a function stands there that raises this; a
    name whose whole file is unusable has no location."""
    missing: dict[str, str] = {}
    """Contract name that is asked for and that no file defines, to the file that should."""
    imported_later: list[str] = []
    """Files that functions import when they are called."""
    release: Release | None = None
    """The template that it was written for, where the assignment knows of several."""
    python2: list[str] = []
    """What shows that it is written for Python 2: `layers.py uses xrange (line 7)`."""
    notes: list[str] = []
    """Remarks for the report: candidates passed over, conversions."""
    digest: str = ""
    """SHA-256 of the files as they were handed in."""

    @property
    def package_name(self) -> str:
        """What the package is imported as: the name that the student gave it, or the usual one."""
        own = self.package.rpartition("/")[2].strip(".")
        return own or next(iter(self.import_names), "submission")
