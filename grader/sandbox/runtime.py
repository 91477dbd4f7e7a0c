"""What a worker needs of this machine's Python, and nothing else: interpreter, standard library,
NumPy, msgspec and this package.

Folders of installed packages are never shown as a whole: they hold the bank, the reference and
whatever else is installed. The allowed packages are linked into a staged folder.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import site
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from grader.model.errors import InternalError
from grader.model.limits import KERNEL_MAIN

PACKAGES: Final = ("numpy", "msgspec")
_STAGED: Final = ("__init__.py", "model/__init__.py", "model/limits.py", "protocol", "worker")
"""What of this package a worker can see."""
_DISTRIBUTIONS: Final = {KERNEL_MAIN: ("numpy", "msgspec", "ipykernel", "matplotlib")}
"""What else must be at hand, with all that these need."""
_NEEDLESS: Final = frozenset({"debugpy"})
OPTIONS: Final = ("-s", *(("-P",) if sys.version_info >= (3, 11) else ()), "-S", "-B")
"""As `-I -S -B`, but for the environment, which is all ours: it fixes the seed of hashes."""
ONE_THREAD: Final = {
    f"{name}_NUM_THREADS": "1"
    for name in ("OPENBLAS", "OMP", "MKL", "BLIS", "NUMEXPR", "VECLIB_MAXIMUM")
}
"""Refused threads make OpenBLAS hang, its threads fight over busy processors, and how it splits a
product changes the last bit of it."""
ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "PATH": "/nonexistent",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    **ONE_THREAD,
}

_START = (
    "import sys; sys.path[:] = filter(None, sys.path); "
    "sys.path.extend(sys.argv.pop(1).split({sep!r})); "
    "from grader.worker.{module} import main; main()"
)
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_PACKAGE_FOLDERS = ("site-packages", "dist-packages")


class Runtime(msgspec.Struct, frozen=True):
    """Where the parts are on this machine."""

    interpreter: str
    libraries: tuple[str, ...]
    """The interpreter, the standard library and the system's libraries, as files and folders."""
    hidden: tuple[str, ...]
    """Folders below `libraries` that must not be seen."""
    packages: dict[str, str]
    """Name in the staged folder -> path."""


@functools.cache
def find_runtime(main: str = "") -> Runtime:
    """Look around, once, for what workers need that serve `main`.

    Raises:
        InternalError: a package that workers need is not installed.
    """
    interpreter = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    libraries = tuple(_outermost(_library_paths(interpreter)))
    hidden = tuple(_outermost(map(os.path.realpath, _package_folders(libraries))))
    return Runtime(interpreter, libraries, hidden, dict(_packages(main)))


def _library_paths(interpreter: str) -> Iterator[str]:
    prefix = Path(sys.base_prefix)
    if prefix != Path("/usr"):
        yield from (str(prefix / "lib"), str(prefix / "lib64"))
    for name in ("stdlib", "platstdlib"):
        yield sysconfig.get_path(name, vars={"base": sys.base_prefix, "platbase": sys.base_prefix})
    library = sysconfig.get_config_var("LDLIBRARY")
    folder = sysconfig.get_config_var("LIBDIR")
    if library and folder:
        yield str(Path(folder) / library)
    yield interpreter
    yield from _SYSTEM_LIBRARIES


def _package_folders(libraries: Iterable[str]) -> Iterator[str]:
    yield from site.getsitepackages([sys.prefix, sys.base_prefix, "/usr", "/usr/local"])
    yield from (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    for library in libraries:
        for name in _PACKAGE_FOLDERS:
            yield from (str(path) for path in Path(library).glob(name))
            yield from (str(path) for path in Path(library).glob(f"python*/{name}"))


def _outermost(paths: Iterable[str]) -> list[str]:
    """The existing ones, without those that lie below another one; links stay as they are."""
    kept: list[str] = []
    for path in sorted({os.path.normpath(path) for path in paths if os.path.exists(path)}):
        if not any(path.startswith(f"{outer}/") for outer in kept):
            kept.append(path)
    return kept


def _packages(main: str) -> Iterator[tuple[str, str]]:
    if main in _DISTRIBUTIONS:
        yield from _distributions(_DISTRIBUTIONS[main])
    for name in PACKAGES if main not in _DISTRIBUTIONS else ():
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.origin:
            raise InternalError(f"{name} is not installed.", hint=f"Run: pip install {name}")
        folder = Path(spec.origin).parent
        yield name, str(folder)
        bundled = folder.with_name(f"{name}.libs")
        if bundled.is_dir():
            yield bundled.name, str(bundled)
    ours = Path(__file__).parents[1]
    for name in _STAGED:
        yield f"grader/{name}", str(ours / name)


def _distributions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Top-level files and folders of installed distributions and of all that they need."""
    from importlib import metadata  # takes as long as all else here, and workers need none

    waiting, seen = list(names), set(_NEEDLESS)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name in names:
                raise InternalError(
                    f"{name} is not installed.", hint=f"Run: pip install {name}"
                ) from None
            continue  # for another platform
        needs = [text for text in found.requires or () if "extra ==" not in text]
        waiting += [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in needs]
        tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
        for top in sorted(tops - {"__pycache__"}):
            path = Path(str(found.locate_file(top)))
            if path.exists():
                yield top, str(path)


def stage(runtime: Runtime, folder: Path) -> list[str]:
    """Link the packages into `folder`. Returns what to put on `sys.path` of the worker."""
    try:
        for name, path in runtime.packages.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    except OSError:  # Windows gives links to the privileged only
        shutil.rmtree(folder, ignore_errors=True)
        depths = {name: name.count("/") for name in runtime.packages}
        return sorted({str(Path(runtime.packages[n]).parents[d]) for n, d in depths.items()})
    return [str(folder)]


def make_folder() -> Path:
    """A new folder of ours among the temporary ones, that other users may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="gradewall-"))
    folder.chmod(0o711)
    return folder


def readable(runtime: Runtime) -> list[str]:
    """Every path that a worker may read, with the hidden folders cut out."""
    shown = {
        os.path.realpath(part)
        for path in runtime.libraries
        for part in _without(path, runtime.hidden)
    }
    return [*_outermost(shown), *runtime.packages.values()]


def _without(path: str, hidden: tuple[str, ...]) -> Iterator[str]:
    real = os.path.realpath(path)
    if real in hidden or path in hidden:
        return
    if not any(folder.startswith((f"{path}/", f"{real}/")) for folder in hidden):
        yield path
        return
    for entry in os.scandir(path):
        yield from _without(entry.path, hidden)


def python_command(runtime: Runtime, path: list[str], module: str, *arguments: str) -> list[str]:
    """Command that runs `main()` of `grader.worker.<module>` with `path` after the stdlib."""
    start = _START.format(sep=os.pathsep, module=module)
    return [runtime.interpreter, *OPTIONS, "-c", start, os.pathsep.join(path), *arguments]
