"""A batch that is interrupted: nothing is torn, nothing is left running, and it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batch import toy
from tests.support import GRADER, SECONDS, grader, results, until


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "class"
    for name in ("a", "b", "c"):
        toy.hand_in(folder, name)
    slow = toy.hand_in(
        folder, "slow", toy.LAYERS.replace("    out = x * w", "    while True: pass")
    )
    rubric = toy.assignment(tmp_path / "course")
    command = ["batch", str(folder), "-o", str(tmp_path / "out"), "-a", str(rubric)]
    process = subprocess.Popen(
        [*GRADER, *command, "-j", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: len(list((tmp_path / "out" / "results").glob("*.json"))) >= 3)
    servers = _children(process.pid)
    assert servers
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=SECONDS)
    if number is signal.SIGINT:
        assert process.returncode == 130
        assert said == b"grader: interrupted; run the same command again to go on.\n"
    until(lambda: not any(_is_alive(pid) for pid in servers))
    assert sorted(results(tmp_path / "out")) == ["a", "b", "c"]
    assert not (tmp_path / "out" / "index.html").exists()

    slow.write_text(toy.LAYERS, encoding="utf-8")
    done = grader(*command)
    assert "4 of 4 graded, 3 of them unchanged" in done.stdout
    assert (tmp_path / "out" / "index.html").is_file()
    assert not list((tmp_path / "out").rglob("*.part"))


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _stat(int(entry.name))[1:2] == [str(pid)]:
            found.append(int(entry.name))
    return found


def _is_alive(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def _stat(pid: int) -> list[str]:
    """State, parent and the rest of what the kernel says of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
