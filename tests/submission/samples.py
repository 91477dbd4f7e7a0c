"""Small submissions in the manner of several years, and ways to hand them in."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from grader.assignment.plugin import PLAIN, Plugin
from grader.model.contract import Contract, EntryTable
from grader.submission import Submission, load, single
from tests.support import FORM

_LAYERS: Final = (
    "affine_forward affine_backward relu_forward relu_backward batchnorm_forward "
    "layernorm_forward dropout_forward svm_loss softmax_loss"
)
_NET: Final = EntryTable(
    "classifiers.fc_net", "model*", methods=["__init__", "loss"], random=["params"]
)
DECLARED: Final[dict[str, str | EntryTable]] = {
    **dict.fromkeys(_LAYERS.split(), "layers: out"),
    "sgd": "optim: next_w, config",
    "adam": "optim: next_w, config",
    "TwoLayerNet": _NET,
    "FullyConnectedNet": _NET,
}
CONTRACT: Final = Contract.parse(DECLARED)

LAYERS: Final = '''\
import numpy as np


def affine_forward(x, w, b):
    """Flatten, multiply, add."""
    return x.reshape(len(x), -1).dot(w) + b, (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
'''

OPTIM: Final = """\
def sgd(w, dw, config=None):
    config = config or {}
    return w - config.get("learning_rate", 1e-2) * dw, config
"""

FC_NET: Final = """\
from ..layers import *


class FullyConnectedNet:
    def __init__(self, hidden_dims, dropout_keep_ratio=1, normalization=None):
        self.params = {"W1": np.ones(hidden_dims)}

    def loss(self, X, y=None):
        return X.dot(self.params["W1"])
"""

PACKAGE: Final = {
    "numpynn/__init__.py": "",
    "numpynn/layers.py": LAYERS,
    "numpynn/optim.py": OPTIM,
    "numpynn/classifiers/fc_net.py": FC_NET,
}

TODO_LAYERS: Final = """\
def affine_forward(x, w, b):
    out = None
    pass
    cache = (x, w, b)
    return out, cache


def relu_forward(x):
    out = None
    return out, x
"""


Files = Mapping[str, str | bytes]


def write(folder: Path, files: Files) -> Path:
    """Put files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_bytes(content))
    return folder


def zipped(path: Path, files: Files) -> Path:
    """Put files into a zip archive."""
    path.write_bytes(zip_bytes(files))
    return path


def zip_bytes(files: Files) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), as_bytes(content), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred(path: Path, files: Files, mode: str = "w:gz", links: Mapping[str, str] = {}) -> Path:
    """Put files, and symbolic links, into a tar archive."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(as_bytes(content))
            archive.addfile(entry, io.BytesIO(as_bytes(content)))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return path


def as_bytes(content: str | bytes) -> bytes:
    """Text as it is written to files."""
    return content.encode() if isinstance(content, str) else content


def read(
    path: Path,
    given: Mapping[str, str] = {},
    plugin: Plugin = PLAIN,
) -> Submission:
    """Load what lies at a path."""
    return load(single(path), contract=CONTRACT, form=FORM, given=given, plugin=plugin)


def read_layers(tmp_path: Path, layers: str | bytes) -> Submission:
    """Load a submission that consists of one file."""
    return read(write(tmp_path / "ann", {"layers.py": layers}))


def remarks(submission: Submission) -> str:
    """All its notes."""
    return "\n".join(submission.notes)
