"""What goes wrong around a batch: full disks, lost folders, jumping clocks, odd shells."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.faults import tiny
from tests.support import SECONDS, WRONG_RELU, grader, not_passed, results, submission

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox")
FINISHED = 3  # an empty folder is among the submissions
BODIES = {name: tiny.BODIES[name] for name in ("ends", "raises", "right", "sleepy", "wrong")}
"""One that lasts is among them: something happens in the middle."""


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny class, and what an undisturbed run makes of it."""
    root = tmp_path_factory.mktemp("surroundings")
    tiny.make(root, BODIES)
    assert tiny.grade(root, root / "calm", "-j", "2").returncode == FINISHED
    return root


@pytest.fixture(scope="module")
def calm(field: Path) -> dict[str, Any]:
    return tiny.verdicts(field / "calm")


def goes_on(field: Path, out: Path, calm: dict[str, Any]) -> None:
    """A later run completes what a disturbed one began."""
    assert tiny.grade(field, out).returncode == FINISHED
    assert tiny.verdicts(out) == calm
    assert (out / "index.html").is_file()
    assert not list(out.rglob("*.part"))


def in_shell(
    first: str, field: Path, out: Path, *more: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Grade the class after a command of the shell's, such as `umask 077`."""
    return subprocess.run(
        ["bash", "-c", f'{first}; exec "$@"', "-", *tiny.command(field, out, *more)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        **options,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    text = done.stdout + done.stderr
    assert "Traceback" not in text, text
    return text


ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "bare": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOME": None,
             "TERM": "dumb", "COLUMNS": "1"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "HOME": "/proc", "PYTHONOPTIMIZE": "2", "COLUMNS": "wide"},
    "decimal comma": {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONIOENCODING": "latin-1",
                      "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "TMPDIR": "/nonexistent"},
    "no such locale": {"LC_ALL": "xx_YY.nonsense", "PYTHONIOENCODING": "ascii:strict",
                       "HOME": "/nonexistent", "PYTHONWARNINGS": "error"},
    "developer": {"LD_PRELOAD": "/nonexistent.so", "PYTHONDEVMODE": "1",
                  "PYTHONBREAKPOINT": "os.abort", "PYTHONSTARTUP": "/nonexistent.py",
                  "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-k nothing",
                  "PYTEST_PLUGINS": "nothing"},
}  # fmt: skip
STRICT = {"PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "7",
          "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3"}  # fmt: skip
"""What may change how a check of the real assignment ends, or the last bit of a product."""


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_environment_changes_nothing(
    field: Path, calm: dict[str, Any], tmp_path: Path, name: str
) -> None:
    environment = {**os.environ, **ENVIRONMENTS[name]}
    kept = {key: value for key, value in environment.items() if value is not None}
    done = tiny.grade(field, tmp_path / "out", env=kept)
    assert done.returncode == FINISHED, said(done)
    assert tiny.verdicts(tmp_path / "out") == calm


def test_it_changes_nothing_of_the_real_assignment(tmp_path: Path) -> None:
    warns = "import warnings; warnings.warn('odd'); np.log(np.zeros(1))"
    submission(tmp_path / "class", "right", {"affine_forward": warns})
    submission(tmp_path / "class", "wrong", WRONG_RELU)
    grader(
        "batch",
        "-a",
        "numpynn",
        tmp_path / "class",
        "-o",
        tmp_path / "out",
        env={**os.environ, **STRICT},
    )
    graded = results(tmp_path / "out")
    assert graded["right"]["score"] == 100
    lost = not_passed(graded["wrong"])
    assert {check["outcome"] for check in lost} == {"failed", "skipped"}
    assert {name for check in lost for name in check["targets"]} >= {"relu_forward"}
    assert graded["wrong"]["score"] == 96


def test_names_that_the_terminal_cannot_print(field: Path, tmp_path: Path) -> None:
    shutil.copytree(field / "class" / "right", tmp_path / "class" / "张三 ŞIlı")
    shutil.copytree(field / "bank", tmp_path / "bank")
    shutil.copytree(field / "reference", tmp_path / "reference")
    for name in ("toy.toml", "toy.key"):
        shutil.copy(field / name, tmp_path)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"}
    done = tiny.grade(tmp_path, tmp_path / "out", env=environment)
    said(done)
    assert done.returncode == 0
    assert list(tiny.verdicts(tmp_path / "out")) == ["张三 ŞIlı"]


def test_streams_that_are_closed(field: Path, calm: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "-", *tiny.command(field, out)]
    assert subprocess.run(closed, timeout=SECONDS, check=False).returncode == FINISHED
    assert tiny.verdicts(out) == calm


def test_a_pipe_that_nobody_reads(field: Path, calm: dict[str, Any], tmp_path: Path) -> None:
    """`grader batch ... | head -1`: ended without a traceback, and the next run goes on."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        tiny.command(field, tmp_path / "out"),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    os.close(writing)
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    goes_on(field, tmp_path / "out", calm)


@pytest.mark.parametrize("number", [12, 24])
def test_few_descriptors(field: Path, calm: dict[str, Any], tmp_path: Path, number: int) -> None:
    """Enough for the work, or a clear error, and then the next run goes on."""
    out = tmp_path / "out"
    done = in_shell(f"ulimit -n {number}", field, out, "-j", "4")
    said(done)
    if done.returncode == FINISHED:
        assert tiny.verdicts(out) == calm
    goes_on(field, out, calm)


def test_a_umask_that_lets_nobody_in(field: Path, calm: dict[str, Any], tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    out = tmp_path / "out"
    done = in_shell("umask 077", field, out, env={**os.environ, "TMPDIR": str(scratch)})
    assert done.returncode == FINISHED, said(done)
    assert tiny.verdicts(out) == calm
    assert not list(scratch.iterdir())


NOWHERE = """
import tempfile

def nowhere():
    raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

tempfile._get_default_tempdir = nowhere
"""


def test_no_room_for_temporary_files(field: Path, calm: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NOWHERE, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = tiny.grade(field, tmp_path / "out", env=environment)
    assert "cannot start: [Errno 2] No usable temporary directory" in said(done)
    assert done.returncode == 3
    goes_on(field, tmp_path / "out", calm)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of that size."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("may not mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("size", ["48k"])
def test_a_full_disk(field: Path, calm: dict[str, Any], tmp_path: Path, size: str) -> None:
    """Said in one line for each that could not be written, and the next run goes on."""
    with small_disk(tmp_path / "disk", size) as disk:
        out = disk / "out"
        done = tiny.grade(field, out, "-j", "2")
        assert "No space left on device" in said(done)
        assert all(name in done.stdout for name in calm)
        assert done.returncode == 3
        for name, result in tiny.verdicts(out).items():
            assert result == calm[name]
        assert not list(out.rglob("*.part"))
        assert all(path.read_bytes().endswith(b"}") for path in out.rglob("*.json"))
        subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
        goes_on(field, out, calm)


def test_files_that_may_not_grow(field: Path, calm: dict[str, Any], tmp_path: Path) -> None:
    """A quota, in the manner of RLIMIT_FSIZE: an error as on a full disk, not a signal."""
    out = tmp_path / "out"
    done = in_shell("ulimit -f 8", field, out)
    assert "File too large" in said(done)
    assert done.returncode == 3
    goes_on(field, out, calm)


@pytest.mark.parametrize("act", ["deleted", "made a file"])
def test_an_output_folder_that_is_lost_in_the_middle(
    field: Path, calm: dict[str, Any], tmp_path: Path, act: str
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        tiny.command(field, out, "-j", "1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + SECONDS
    while not list((out / "results").glob("*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    lost = out if act == "deleted" else out / "results"
    _take_away(lost, tmp_path / "taken", instead=act != "deleted")
    text, _ = process.communicate(timeout=SECONDS)
    assert "Traceback" not in text, text
    assert process.returncode == 3
    if act != "deleted":
        assert "Cannot write" in text
        lost.unlink()
    goes_on(field, out, calm)


def _take_away(folder: Path, to: Path, *, instead: bool) -> None:
    """Move a folder away at one stroke, as it is being written; `instead`, put a file there."""
    to.mkdir()
    (to / "file").touch()
    for number in itertools.count():
        with suppress(FileNotFoundError):
            folder.rename(to / str(number))
        if not instead:
            return
        with suppress(IsADirectoryError):  # it was made anew
            (to / "file").rename(folder)
            return


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("chattr"), reason="root may do it all")
def test_permission_lost_in_the_middle(field: Path, calm: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    tiny.grade(field, out)
    lost = [out / "results", out / "reports"]
    for path in (out / "results").glob("r*.json"):
        path.unlink()
    if not _forbid(lost):
        pytest.skip("permission cannot be taken from us")
    try:
        done = tiny.grade(field, out)
    finally:
        _allow(lost)
    assert "Cannot write" in said(done)
    assert done.returncode == 3
    goes_on(field, out, calm)


def _forbid(folders: list[Path]) -> bool:
    if os.geteuid():
        for folder in folders:
            folder.chmod(0o500)
        return True
    changed = [subprocess.run(["chattr", "+i", str(folder)], check=False) for folder in folders]
    return all(done.returncode == 0 for done in changed)


def _allow(folders: list[Path]) -> None:
    for folder in folders:
        if os.geteuid():
            folder.chmod(0o700)
        else:
            subprocess.run(["chattr", "-i", str(folder)], check=True)


def test_a_clock_that_jumps(field: Path, calm: dict[str, Any], tmp_path: Path) -> None:
    """Deadlines hang on the monotonic clock, so that the time of day may go to and fro."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "usercustomize.py").write_text(
        "import itertools, time\n"
        "real, sign = time.time, itertools.cycle((-1, 1))\n"
        "time.time = lambda: real() + next(sign) * 86_400 * 365\n",
        encoding="utf-8",
    )
    (site / "sitecustomize.py").write_text("import usercustomize\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    told = subprocess.run(
        [sys.executable, "-c", "import time; print(abs(time.time() - time.time()) > 1e6)"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "True\n", "the clock does not jump"
    done = tiny.grade(field, tmp_path / "out", env=environment)
    assert done.returncode == FINISHED, said(done)
    assert tiny.verdicts(tmp_path / "out") == calm


def test_a_submission_that_goes_away_in_the_middle(field: Path, tmp_path: Path) -> None:
    for name in ("bank", "reference", "class"):
        shutil.copytree(field / name, tmp_path / name)
    for name in ("toy.toml", "toy.key"):
        shutil.copy(field / name, tmp_path)
    process = subprocess.Popen(
        tiny.command(tmp_path, tmp_path / "out", "-j", "1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + SECONDS
    while not list((tmp_path / "out" / "results").glob("*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    shutil.rmtree(tmp_path / "class" / "wrong")
    text, _ = process.communicate(timeout=SECONDS)
    assert "Traceback" not in text, text
    assert process.returncode == 3
    found = tiny.verdicts(tmp_path / "out")
    assert set(found) == {*BODIES, "empty"}
    assert found["right"]["score"] == 4


def test_a_result_that_we_failed_on_in_part_is_made_again(
    field: Path, calm: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(field / "calm", out)
    path = out / "results" / "right.json"
    broken = path.read_text(encoding="utf-8").replace('"passed"', '"internal"', 1)
    path.write_text(broken, encoding="utf-8")
    half = out / "results" / ".right.json.0123456789ab.part"
    half.write_text("{", encoding="utf-8")
    assert "5 of them unchanged" in said(tiny.grade(field, out))
    assert tiny.verdicts(out) == calm
    assert not half.exists()
