"""Where the attacks take place: a small assignment with secrets in it, and a class to hand in.

The functions are `scale_forward`, `scale_backward`, `square`, `net`, `step`, `drift` and `slope`,
so that a submission costs a fraction of a second. Several checks put an answer, rounded, into their
next question. Of the base submission `square` is right (20 points) and
`net`, which stands on `scale_forward`, is right on its own (10 points, by follow-through).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from tests.attacks import builders
from tests.attacks.records import Attack

RUBRIC: Final = """\
id = "ground"
points = 100
bank = "bank"
reference = "reference/toy"
# {rubric}

[title]
en = "Ground"

[limits]
call_seconds = 0.3
call_wait_seconds = 1
load_seconds = 1
load_wait_seconds = 1
memory_mb = 300

[contract]
scale_forward = "layers: out, cache*"
scale_backward = {{ module = "layers", returns = "dx, dw", backward_of = "scale_forward" }}
square = "layers: out"
step = "optim: next_w, config"
drift = "optim: out"
slope = "optim: gradient"
net = "layers: loss"

[parts]
forward = {{ title = {{ en = "Forward" }}, points = 20 }}
backward = {{ title = {{ en = "Backward" }}, points = 30 }}
square = {{ title = {{ en = "Square" }}, points = 20 }}
step = {{ title = {{ en = "Step" }}, points = 20 }}
net = {{ title = {{ en = "Net" }}, points = 10, follow_through = true }}
"""

REFERENCE: Final = '''\
"""{reference}"""

import numpy as np


def scale_forward(x, w):
    return x * w, (x, w)


def scale_backward(dout, cache):
    x, w = cache
    return dout * w, np.sum(dout * x, axis=0)


def square(x):
    return x**2


def net(x, w):
    out, _ = scale_forward(x, w)
    return np.sum(out**2)
'''

STEP: Final = """\
import numpy as np


def step(w, dw, config):
    config.setdefault("rate", 0.1)
    config["velocity"] = config.get("velocity", 0) + dw
    return w - config["rate"] * config["velocity"], config


def drift(x):
    return np.tanh(x) + 0.3 * x


def slope(w):
    return w + 0.25 * np.sin(w)
"""

WRONG_STEP: Final = """\
import numpy as np


def step(w, dw, config):
    return np.zeros_like(w), config


def drift(x):
    return np.zeros_like(x)


def slope(w):
    return np.zeros_like(w)
"""

BANK: Final = '''\
"""{bank}"""

import numpy as np
from grader.checks import Wrong, as_array, assert_backward, assert_close, check
from grader.model.result import Visibility

GOAL = 3.0


@check("scale_forward multiplies", part="forward", targets="scale_forward")
def test_forward(student, reference, inputs):
    x, w = inputs.normal(4, 3), inputs.normal(3)
    expected, _ = reference.scale_forward(x, w)
    out, _ = student.scale_forward(x, w)
    assert_close("out", out, expected)


@check("the same of one row", part="forward", targets="scale_forward",
       visibility=Visibility.HIDDEN)
def test_forward_of_one_row(student, reference, inputs):
    x, w = inputs.normal(1, 6), inputs.normal(6)
    expected, _ = reference.scale_forward(x, w)
    out, _ = student.scale_forward(x, w)
    assert_close("out", out, expected)


def _judge(student, reference, inputs, gradient):
    args, dout = (inputs.normal(4, 3), inputs.normal(3)), inputs.normal(4, 3)
    assert_backward(student, reference, forward="scale_forward", backward="scale_backward",
                    args=args, dout=dout, gradient=gradient)


@check("scale_backward, dx", part="backward", targets="scale_backward", uses="scale_forward")
def test_backward_dx(student, reference, inputs):
    _judge(student, reference, inputs, "dx")


@check("scale_backward, dw", part="backward", targets="scale_backward", uses="scale_forward")
def test_backward_dw(student, reference, inputs):
    _judge(student, reference, inputs, "dw")


@check("square", part="square", targets="square")
def test_square(student, reference, inputs):
    x = inputs.normal(3, 2)
    expected = reference.square(x)
    assert_close("out", student.square(x), expected)


@check("step, twice", part="step", targets="step")
def test_step(student, reference, inputs):
    w, dw = inputs.normal(5), inputs.normal(5)
    config, right = student.keep("config", {{}}), reference.keep("config", {{}})
    for _ in range(2):
        next_w, _ = student.step(w, dw, config)
        expected, _ = reference.step(w, dw, right)
        assert_close("next_w", next_w, expected)
    velocity = right["velocity"].read()
    assert_close('config["velocity"]', config["velocity"].read(), velocity)


def rounded(value, like):
    """Far below every tolerance, so that a question is the same for all who are right."""
    array = as_array(value, "the value")
    if array.shape != like.shape or array.dtype.kind != "f":
        raise Wrong("The value does not fit.")
    return np.round(array * 2**24) / 2**24


@check("step goes where the loss is low", part="step", targets="step")
def test_steps_in_a_row(student, inputs):
    start = w = GOAL + inputs.clear_of_zero(5, gap=1.0)
    config = {{"rate": 0.1}}
    for _ in range(5):
        next_w, config = student.step(w, w - GOAL, config)
        if not isinstance(config, dict):
            raise Wrong("config is no dict.")
        config = {{"rate": 0.1, "velocity": rounded(config.get("velocity"), w)}}
        w = rounded(next_w, w)
    _must_be_nearer(w, start)


@check("drift, and the square of it", part="step", targets="drift", uses="square")
def test_drift(student, reference, inputs):
    x = inputs.normal(3, 4)
    out = student.drift(x)
    student.square(rounded(out, x))
    assert_close("out", out, reference.drift(x))


@check("slope leads downhill", part="step", targets="slope")
def test_descent(student, inputs):
    start = w = GOAL + inputs.clear_of_zero(6, gap=1.0)
    for _ in range(9):
        w = rounded(w - 0.2 * rounded(student.slope(w - GOAL), w), w)
    _must_be_nearer(w, start)


def _must_be_nearer(w, start):
    if not np.sum((w - GOAL) ** 2) < 0.3 * np.sum((start - GOAL) ** 2):
        raise Wrong("The loss has not come down.")


@check("net", part="net", targets="net", uses="scale_forward")
def test_net(student, reference, inputs):
    x, w = inputs.normal(4, 3), inputs.normal(3)
    expected = reference.net(x, w)
    assert_close("loss", student.net(x, w), expected)
'''

LAYERS: Final = '''\
import numpy as np


def attempt(act):
    """Print what becomes of it."""
    try:
        print("attack got", act())
    except BaseException as error:
        print("attack met", type(error).__name__, error)

{module}

def scale_forward(x, w):
{body}
    return {out}, (x, w)


def scale_backward(dout, cache):
{backward}
    return np.ones_like(dout), np.ones(dout.shape[1])


def square(x):
    return x**2


def net(x, w):
    out, _ = scale_forward(x, w)
    return np.sum(out**2)
'''

NEIGHBOURS: Final = ("a-neighbour", "m-neighbour", "z-neighbour")
"""Right in all; they stand before, among and after the attackers."""
BASES: Final = {"base-zeros": "zeros", "base-right": "right"}
"""What attackers are compared with, by what their forward pass does."""


class Secrets(msgspec.Struct, frozen=True):
    """Texts that no attack may bring out; each is a random token."""

    reference: str
    bank: str
    rubric: str
    seed: str
    """In the answer key, and in the memory and arguments of the grader."""
    neighbour: str
    environment: str

    @classmethod
    def draw(cls) -> Secrets:
        """New ones."""
        return cls(*(f"CANARY-{secrets.token_hex(8)}" for _ in cls.__struct_fields__))

    def all(self) -> dict[str, str]:
        """By what they stand for."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


class Ground:
    """The folders of one run."""

    def __init__(self, root: Path, secrets: Secrets) -> None:
        self.root = root
        self.secrets = secrets
        self.rubric = root / "ground.toml"
        self.handed_in = root / "class"
        self.outside = root / "outside"
        """Where code that gets out leaves a mark."""
        self.temporary = root / "tmp"

    def make(self, attacks: list[Attack], port: int) -> None:
        """Write the assignment, the secrets and the class."""
        told = self.secrets.all()
        self.rubric.write_text(RUBRIC.format(**told), encoding="utf-8")
        _write(self.root / "bank" / "layers.py", BANK.format(**told))
        package = self.root / "reference" / "toy"
        _write(package / "__init__.py", "")
        _write(package / "layers.py", REFERENCE.format(**told))
        _write(package / "optim.py", STEP)
        for folder in (self.outside, self.temporary, self.handed_in):
            folder.mkdir()
        for name in NEIGHBOURS:
            right = REFERENCE.format(reference=f"{name} {self.secrets.neighbour}")
            _write(self.handed_in / name / "numpynn" / "layers.py", right)
            _write(self.handed_in / name / "numpynn" / "optim.py", STEP)
        for name, forward in BASES.items():
            nothing = Attack(id=name, tries="nothing", says="", forward=forward)
            self._hand_in(nothing, port)
        for attack in attacks:
            self._hand_in(attack, port)

    def files_of(self, attack: Attack, port: int = 0) -> dict[str, str]:
        """The attack's files by their path in the submission."""
        layers = LAYERS.format(
            module=attack.module,
            body=_indented(attack.body),
            out="x * w" if attack.forward == "right" else "np.zeros_like(x)",
            backward=_indented(attack.backward),
        )
        files = {
            "numpynn/layers.py": layers,
            "numpynn/optim.py": WRONG_STEP,
        }
        return {path: self._filled(text, port) for path, text in (files | attack.files).items()}

    def _hand_in(self, attack: Attack, port: int) -> None:
        files = self.files_of(attack, port)
        target = self.handed_in / attack.submission
        if attack.build:
            getattr(builders, attack.build)(target, files, self)
            return
        for path, text in files.items():
            _write(target / path, text)

    def _filled(self, text: str, port: int) -> str:
        places = {
            "reference": self.root / "reference" / "toy" / "layers.py",
            "bank": self.root / "bank" / "layers.py",
            "key": self.rubric.with_suffix(".key"),
            "rubric": self.rubric,
            "neighbour": self.handed_in / NEIGHBOURS[0] / "numpynn" / "layers.py",
            "outside": self.outside,
            "port": port,
        }
        for name, place in places.items():
            text = text.replace(f"@{name}@", str(place))
        return text

    def state(self) -> str:
        """SHA-256 of all that no attack may change."""
        sha = hashlib.sha256()
        for folder in (self.root / "bank", self.root / "reference", self.handed_in):
            for base, folders, names in os.walk(folder):
                folders.sort()
                for name in sorted(names):
                    path = Path(base, name)
                    sha.update(os.fsencode(path))
                    if path.is_file() and path.stat().st_size < 1 << 24:
                        sha.update(path.read_bytes())
        sha.update(self.rubric.read_bytes() + self.rubric.with_suffix(".key").read_bytes())
        return sha.hexdigest()


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.splitlines())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
