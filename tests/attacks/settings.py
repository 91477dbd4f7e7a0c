"""The settings in which the attacks are run: kinds of sandbox, users, and a container."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tests.attacks.judge import Run
from tests.support import REPOSITORY

_USER: Final = "60001"
_BECOME: Final = ("setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups")


class Setting(NamedTuple):
    """Where and as whom the attacks are run."""

    kind: str
    user: str
    """`root` or `user`."""
    container: bool = False

    def __str__(self) -> str:
        return f"{self.kind}, {self.user}" + (", in a container" if self.container else "")

    @property
    def slug(self) -> str:
        """A name for a folder."""
        return str(self).replace(", ", "-").replace(" ", "-")


SETTINGS: Final = (
    Setting("bubblewrap", "root"),
    Setting("bubblewrap", "user"),
    Setting("landlock", "root"),
    Setting("landlock", "user"),
    Setting("landlock", "root", container=True),
    Setting("landlock", "user", container=True),
    Setting("none", "root"),
    Setting("none", "user"),
)


def missing(setting: Setting) -> str:
    """Why a setting is not to be had here; empty if it is."""
    if sys.platform != "linux":
        return "needs Linux"
    if setting.container and platform.machine() != "x86_64":
        return "the container is emulated for x86_64 alone"
    if setting.user == "root" and os.geteuid() != 0:
        return "needs to be root"
    if setting.user == "user" and os.geteuid() == 0 and not _as_user():
        return "no interpreter that an ordinary user can start has our packages"
    tried = _python(
        setting,
        "-c",
        f"from grader.sandbox.sandboxes import open_sandbox as o; o('{setting.kind}').close()",
    )
    return "" if tried.returncode == 0 else tried.stderr.strip().splitlines()[-1]


def run(setting: Setting, out: Path, *, slow: bool = True) -> Run:
    """Run the attacks in a setting; results go to the new folder `out`."""
    shared = Path(tempfile.mkdtemp(prefix="attacks-out-"))
    shared.chmod(0o777)
    try:
        options = ["--slow"] if slow else []
        done = _python(
            setting, "-m", "tests.attacks.run", setting.kind, str(shared / "out"), *options
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        shutil.copytree(shared / "out", out)
    finally:
        shutil.rmtree(shared, ignore_errors=True)
    return Run(out)


def _python(setting: Setting, *arguments: str) -> subprocess.CompletedProcess[str]:
    become = setting.user == "user" and os.geteuid() == 0
    prefix = list(_as_user()) if become else [sys.executable]
    inside = ["-m", "tests.attacks.container", _interpreter(prefix)] if setting.container else []
    return subprocess.run(
        [*prefix, *inside, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def _interpreter(prefix: list[str]) -> str:
    return prefix[-2] if prefix[-1] == "-B" else prefix[-1]


@cache
def _as_user() -> tuple[str, ...]:
    """Starts a Python with our packages as an ordinary user; empty if there is none."""
    import numpy

    packages = str(Path(numpy.__file__).parents[1])
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}"):
        path = f"PYTHONPATH={REPOSITORY}:{packages}"
        command = (*_BECOME, "env", path, "HOME=/nonexistent", python, "-B")
        test = [*command, "-c", "import numpy, msgspec, typer, grader"]
        with_packages = subprocess.run(test, cwd="/", capture_output=True, check=False)
        if with_packages.returncode == 0:
            return command
    return ()
