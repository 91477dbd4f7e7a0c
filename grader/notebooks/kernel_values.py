"""Reading what a notebook left behind: plain data over the wire, never believed to be true.

An accuracy that the notebook printed, or that an object in it remembers, is the student's word.
What a model is worth is found by calling it, in its sandbox, on inputs whose labels are here alone.
"""

from __future__ import annotations

import time
from typing import Any, Final, Self

import numpy as np

from grader.protocol import frames, wire
from grader.student.reply_form import is_use
from grader.worker.bridges import Use

_ANSWER_SECONDS: Final = 60.0
_BATCH: Final = 500
_USES: Final = 100


class Unknown(Exception):
    """A value could not be had; the text says why, in the student's terms."""


class KernelRaised(Unknown):
    """A value could not be had, because the student's code raised; the text quotes it."""


class Values:
    """The names of a notebook that has been run."""

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._silent = ""
        """Why nothing more is asked: behind an answer that did not come, none is in step."""

    def get(self, path: str) -> Any:
        """The plain value of `trainer.history`, `trainers["fast"].losses`.

        Raises:
            Unknown: it is not there, or no plain data.
        """
        name, steps = parse_path(path)
        return self._ask({"op": "get", "on": name, "path": steps, "returns": [path]}, path)

    def numbers(self, path: str) -> list[float]:
        """A list of numbers, which need not be finite.

        Raises:
            Unknown: it is something else.
        """
        value = self.get(path)
        try:
            found = np.asarray(value, dtype=np.float64).ravel()
        except (TypeError, ValueError):
            raise Unknown(f"`{path}` is not a list of numbers.") from None
        if not found.size:
            raise Unknown(f"`{path}` is empty.")
        return [float(number) for number in found[:100_000]]

    def accuracy(self, path: str, X: np.ndarray, y: np.ndarray) -> float:
        """Share of inputs that the function at `path` gets right, by its classes or highest scores.

        Raises:
            Unknown: there is no such function, or what it returns is neither.
        """
        right = 0
        name, steps = parse_path(path)
        for start in range(0, len(X), _BATCH):
            batch = X[start : start + _BATCH]
            request = {"op": "call", "on": name, "path": steps, "args": [batch],
                       "kwargs": {}, "returns": ["scores"]}  # fmt: skip
            classes = _classes(self._ask(request, path), len(batch))
            if classes is None:
                raise Unknown(f"`{path}(X)` gave neither scores of shape (N, C) nor N classes.")
            right += int(np.sum(classes == y[start : start + _BATCH]))
        return right / len(X)

    def uses(self) -> list[Use]:
        """What cells have used of older NumPy and Python; `file` is the digest of a cell."""
        try:
            found = self._ask({"op": "uses"}, "what it uses")
        except Unknown:
            return []
        good = found if isinstance(found, list) and all(map(is_use, found)) else []
        return [Use(*use) for use in good[:_USES]]

    def _ask(self, request: dict[str, Any], about: str) -> Any:
        if self._silent:
            raise Unknown(f"`{about}` could not be read: {self._silent}.")
        deadline = time.monotonic() + _ANSWER_SECONDS
        try:
            frames.send(self._worker.socket, request, deadline=deadline)
            reply = frames.receive(self._worker.socket, deadline=deadline)
        except (wire.WireError, OSError) as error:
            self._silent = str(error)
            raise Unknown(f"`{about}` could not be read: {error}.") from None
        status = reply.get("status") if isinstance(reply, dict) else None
        if status == "ok":
            return reply.get("value")
        if status == "absent":
            raise Unknown(f"`{reply.get('name')}` is not defined.")
        if status == "raised":
            what = f"{reply.get('type')}: {reply.get('message')}"[:300]
            raise KernelRaised(f"`{about}` raised {' '.join(what.split())}.")
        raise Unknown(f"`{about}` is not plain data.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            frames.send(self._worker.socket, {"op": "done"}, deadline=time.monotonic() + 1)
        except (wire.WireError, OSError):
            return


def _classes(value: Any, count: int) -> np.ndarray | None:
    """What a model says of so many inputs; None where it says something else."""
    if not isinstance(value, np.ndarray) or value.shape[:1] != (count,):
        return None
    if value.ndim == 1 and value.dtype.kind in "iu":
        return value
    if value.ndim != 2 or value.dtype.kind not in "fiu":
        return None
    highest: np.ndarray = value.argmax(axis=1)
    return highest


def parse_path(path: str) -> tuple[str, list[Any]]:
    """`trainers["fast"].losses` as the name and the steps from it.

    Raises:
        ValueError: it is nothing but names, attributes and constant items.
    """
    import ast

    steps: list[Any] = []
    node = ast.parse(path, mode="eval").body
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            steps.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            steps.append((node.slice.value,))
            node = node.value
        else:
            raise ValueError(f"{path!r} is not a path of names and items")
    return node.id, steps[::-1]
