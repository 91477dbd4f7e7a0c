"""Names of older NumPy are remarked on, with their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.submission.samples import read_layers

HEAD = "import numpy as np\nimport numpy\nimport numpy as array_library\n\n\ndef relu_forward(x):\n"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("return x.astype(np.float)", "np.float"),
        ("return x.astype(numpy.int)", "np.int"),
        ("return x.astype(array_library.int)", "np.int"),
        ("return np.zeros(3, dtype=np.bool)", "np.bool"),
        ("return np.lib.pad(x, 1)", "np.lib.pad"),
        ("return np.reshape(x, newshape=(1, 2))", "newshape= of np.reshape"),
        ("return np.product(x.shape)", "np.product"),
        ("return np.asscalar(x)", "np.asscalar"),
    ],
)
def test_an_old_name_is_remarked_on_once(tmp_path: Path, line: str, name: str) -> None:
    text = f"{HEAD}    {line}\n    {line}\n"
    assert read_layers(tmp_path, text).notes == [
        f"{name} (layers.py:7, layers.py:8) belongs to an older NumPy; graded as it was meant then."
    ]


def test_many_places_are_counted(tmp_path: Path) -> None:
    text = HEAD + "    x = np.int(x)\n" * 5
    assert (
        "(layers.py:7, layers.py:8, layers.py:9 and 2 more)" in read_layers(tmp_path, text).notes[0]
    )


@pytest.mark.parametrize(
    "line",
    [
        "return np.float32(1)",
        "return np.pad(x, 1)",
        "return x.int",
        "return 1  # np.float",
        'return "np.int"',
        "return np.reshape(x, (1, 2))",
        "return float(x)",
    ],
)
def test_names_of_today_are_not_remarked_on(tmp_path: Path, line: str) -> None:
    assert read_layers(tmp_path, f"{HEAD}    {line}\n").notes == []
