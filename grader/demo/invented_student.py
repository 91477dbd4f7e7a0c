"""Who is in the demo class, what they hand in, and which functions must lose points for it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from grader.assignment.catalogue import Mistake, Severity
from grader.demo import hostile_code
from grader.model.result import Outcome, Result

_LAYERS: Final = "layers.py"


class Pupil(msgspec.Struct, frozen=True, kw_only=True):
    """One invented student."""

    id: str
    what: str
    """In a few words."""
    layout: str = "package"
    """One of `grader.demo.hand_in_layouts.LAYOUTS`."""
    release: str = ""
    """Id of the release whose template it is; empty for our own."""
    variants: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    """Functions and classes left as in the template."""
    begins: dict[str, str] = {}
    """Function to the statements that its body begins with."""
    adds: dict[str, str] = {}
    """File to what stands at its end."""
    forgets: tuple[str, ...] = ()
    """Files not handed in."""
    broken: str = ""
    """A function that cannot be parsed."""
    loses: frozenset[str] = frozenset()
    """Contract names that must lose points; no other may."""
    graded: bool = True
    """Whether it can be read at all."""


_ALL: Final = frozenset(
    {
        "affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss",
        "svm_loss", "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt",
        "layernorm_forward", "layernorm_backward", "dropout_forward", "dropout_backward",
        "sgd_momentum", "rmsprop", "adam", "TwoLayerNet", "FullyConnectedNet",
    }
)  # fmt: skip

_RIGHT: Final = (
    Pupil(id="abara-chidi", what="right, as the reference has it"),
    Pupil(
        id="alvarez-lucia",
        what="right, in loops, in a zip",
        layout="zip",
        release="cs231n-2018",
        variants=("affine-loops", "softmax-loops", "svm-loops", "ln-loops", "bn-back-loops"),
    ),
    Pupil(
        id="bergstrom-nils",
        what="right, flat files and new generators",
        layout="flat",
        release="cs231n-2021",
        variants=("dropout-default-rng", "adam-in-config", "bn-cache-dict", "net-new-generator"),
    ),
    Pupil(
        id="castellano-remo",
        what="right, Python 2 in a tar.gz",
        layout="tar.gz",
        release="cs231n-2016",
        variants=("affine-dot", "bn-alt-one-line", "rmsprop-in-config"),
    ),
    Pupil(
        id="dimitrova-vesela",
        what="right, for Python 2 and 3",
        layout="course",
        release="cs231n-2017",
        variants=("bn-back-graph", "svm-counts-violations", "two-layer-by-hand"),
    ),
    Pupil(
        id="endo-haruka",
        what="right, writes in place wherever it can",
        layout="renamed",
        variants=(
            "relu-writes-into-dout",
            "softmax-writes-into-x",
            "bn-back-writes-into-dout",
            "bn-running-in-place",
            "dropout-writes-into-x",
            "momentum-in-place",
        ),
    ),
    Pupil(
        id="farouk-salma",
        what="right, prints, warns, and float64 gradients",
        layout="course",
        release="cs231n-2018",
        variants=("bn-prints", "net-warns", "net-float64-gradients"),
        begins={"sgd_momentum": hostile_code.FLOODS},
    ),
    Pupil(
        id="gallagher-orla",
        what="right, among much else, counting from W0",
        layout="cluttered",
        release="cs231n-2021",
        variants=("net-counts-from-zero", "ln-by-batchnorm", "bn-statistics-rows"),
    ),
    Pupil(
        id="haddad-karim",
        what="right, for old NumPy, with leftovers of a notebook",
        layout="course",
        release="cs231n-2018",
        variants=("adam-old-numpy", "softmax-probabilities", "two-layer-biases-rows"),
        adds={_LAYERS: hostile_code.NOTEBOOK_LEFTOVERS},
    ),
)

_WRONG: Final = (
    Pupil(
        id="ibarra-tomas",
        what="averages db",
        mistakes=("affine-db-mean",),
        loses=frozenset({"affine_backward"}),
    ),
    Pupil(
        id="jansen-wouter",
        what="momentum of the running averages reversed, dropout not scaled",
        layout="course",
        release="cs231n-2018",
        mistakes=("bn-momentum-reversed", "dropout-not-scaled"),
        loses=frozenset({"batchnorm_forward", "dropout_forward"}),
    ),
    Pupil(
        id="kowalska-zofia",
        what="three update rules wrong",
        mistakes=("adam-no-correction", "rmsprop-decay-reversed", "momentum-nesterov"),
        loses=frozenset({"adam", "rmsprop", "sgd_momentum"}),
    ),
    Pupil(
        id="lindqvist-elsa",
        what="both losses wrong",
        layout="zip",
        mistakes=("softmax-gradient-summed", "svm-pulls-once"),
        loses=frozenset({"softmax_loss", "svm_loss"}),
    ),
    Pupil(
        id="mbeki-thandi",
        what="layer norm differentiated like batch norm",
        release="cs231n-2021",
        mistakes=("ln-back-gamma-last", "bn-test-uses-batch"),
        loses=frozenset({"layernorm_backward", "batchnorm_forward"}),
    ),
    Pupil(
        id="nakamura-sota",
        what="penalties wrong in loss and gradient alike",
        variants=("relu-half-of-sum",),
        mistakes=("net-penalty-all-but-last", "two-layer-penalty-doubled"),
        loses=frozenset({"FullyConnectedNet", "TwoLayerNet"}),
    ),
    Pupil(
        id="okafor-ngozi",
        what="Python 2, dropout and Adam wrong",
        layout="course",
        release="cs231n-2016",
        mistakes=("dropout-back-not-scaled", "adam-t-late"),
        loses=frozenset({"dropout_backward", "adam"}),
    ),
    Pupil(
        id="petrov-anton",
        what="ReLU stopped by dout, and statistics shared between layers",
        layout="tar.gz",
        release="cs231n-2018",
        mistakes=("relu-looks-at-dout", "net-shared-statistics"),
        loses=frozenset({"relu_backward", "FullyConnectedNet"}),
    ),
    Pupil(
        id="quispe-maria",
        what="for Python 2 and 3, batch norm half differentiated",
        layout="course",
        release="cs231n-2017",
        mistakes=("bn-back-no-variance-term", "bn-alt-no-variance-term"),
        loses=frozenset({"batchnorm_backward", "batchnorm_backward_alt"}),
    ),
    Pupil(
        id="rossi-chiara",
        what="normalises the wrong axis",
        layout="flat",
        mistakes=("ln-normalises-features",),
        loses=frozenset({"layernorm_forward"}),
    ),
    Pupil(
        id="schneider-jonas",
        what="no bias, W1 not penalised, and an epsilon inside the root, which costs nothing",
        mistakes=("rmsprop-epsilon-inside-root", "affine-no-bias", "two-layer-penalty-last-only"),
        loses=frozenset({"affine_forward", "TwoLayerNet"}),
    ),
)

_UNFINISHED: Final = (
    Pupil(
        id="tanaka-mei",
        what="four functions not begun",
        unfinished=("batchnorm_backward_alt", "layernorm_forward", "layernorm_backward", "adam"),
        loses=frozenset(
            {"batchnorm_backward_alt", "layernorm_forward", "layernorm_backward", "adam"}
        ),
    ),
    Pupil(
        id="ueda-kenji",
        what="layers and update rules, but no networks",
        layout="course",
        release="cs231n-2018",
        unfinished=("TwoLayerNet", "FullyConnectedNet"),
        loses=frozenset({"TwoLayerNet", "FullyConnectedNet"}),
    ),
    Pupil(
        id="vargas-diego",
        what="the template, untouched",
        unfinished=tuple(sorted(_ALL)),
        loses=_ALL,
    ),
)

_BROKEN: Final = (
    Pupil(
        id="walker-grace",
        what="an IndentationError in one function",
        layout="zip",
        broken="svm_loss",
        loses=frozenset({"svm_loss"}),
    ),
    Pupil(
        id="xu-jing",
        what="an exception at the end of a module",
        adds={_LAYERS: "assert affine_forward(np.ones((2, 3)), np.ones((3, 2)), 0)[0].sum() == 0"},
    ),
    Pupil(
        id="yilmaz-deniz",
        what="optim.py is not there",
        layout="course",
        forgets=("optim.py",),
        loses=frozenset({"sgd_momentum", "rmsprop", "adam"}),
    ),
    Pupil(id="zhou-wei", what="an upload that broke off", layout="cut off", graded=False),
    Pupil(id="zimmer-paula", what="an empty folder", layout="empty", graded=False),
)

_HOSTILE: Final = (
    Pupil(
        id="aldous-finn",
        what="an endless loop",
        begins={"dropout_backward": hostile_code.LOOPS},
        loses=frozenset({"dropout_backward"}),
    ),
    Pupil(
        id="bianchi-leo",
        what="sleeps for an hour",
        begins={"batchnorm_backward_alt": hostile_code.SLEEPS},
        loses=frozenset({"batchnorm_backward_alt"}),
    ),
    Pupil(
        id="cohen-noa",
        what="os._exit(0)",
        begins={"adam": hostile_code.EXITS},
        loses=frozenset({"adam"}),
    ),
    Pupil(
        id="duarte-ines",
        what="a fork bomb",
        begins={"svm_loss": hostile_code.FORKS},
        loses=frozenset({"svm_loss"}),
    ),
    Pupil(
        id="eriksen-lars",
        what="an 8 GB array",
        layout="zip",
        begins={"layernorm_backward": hostile_code.HOARDS},
        loses=frozenset({"layernorm_backward"}),
    ),
    Pupil(
        id="ferrari-nico",
        what="writes answers to every descriptor",
        begins={"rmsprop": hostile_code.WRITES_TO_DESCRIPTORS},
        loses=frozenset({"rmsprop"}),
    ),
    Pupil(
        id="gupta-rohan",
        what="makes NumPy's comparisons say yes",
        layout="flat",
        begins={"batchnorm_backward_alt": hostile_code.SAYS_NOTHING},
        adds={_LAYERS: hostile_code.RIGS_NUMPY},
        loses=frozenset({"batchnorm_backward_alt"}),
    ),
    Pupil(
        id="hoffmann-lena",
        what="looks for the reference, and for what is expected",
        begins={"softmax_loss": hostile_code.STEALS},
        loses=frozenset({"softmax_loss"}),
    ),
    Pupil(
        id="ivanov-pavel",
        what="returns an array that equals everything",
        begins={"affine_backward": hostile_code.AGREES},
        adds={_LAYERS: hostile_code.AGREEABLE},
        loses=frozenset({"affine_backward"}),
    ),
)

CLASS: Final = (*_RIGHT, *_WRONG, *_UNFINISHED, *_BROKEN, *_HOSTILE)

_FIRST: Final = (
    "ada", "amir", "anna", "ben", "carla", "chen", "dana", "david", "elena", "emil", "fatima",
    "greta", "hugo", "ida", "ines", "jakob", "jun", "kaya", "lina", "luca", "maya", "milan",
    "nadia", "noah", "olga", "omar", "petra", "rafael", "sara", "tariq", "uma", "viktor", "zoe",
)  # fmt: skip
_LAST: Final = (
    "adeyemi", "becker", "chopra", "dubois", "evans", "fischer", "garcia", "hughes", "ito", "kim",
    "lopez", "moreau", "novak", "oliveira", "park", "quinn", "ricci", "silva", "tran", "ullah",
    "vogel", "weber", "yamada", "zielinski",
)  # fmt: skip
_CASCADING: Final = frozenset({"affine_forward", "batchnorm_forward", "layernorm_forward"})
"""Wrong ones can leave their backwards unjudged: not for pupils drawn at random."""


def pupils(mistakes: Iterable[Mistake], size: int = 0) -> list[Pupil]:
    """A class of so many: those above first, then others with up to three mistakes each.

    Args:
        mistakes: what the others make; minor ones are left to the rubric.
        size: how many; 0 for those above.
    """
    named = list(CLASS[: size or len(CLASS)])
    return named + list(itertools.islice(_others(mistakes), max(0, size - len(named))))


def _others(mistakes: Iterable[Mistake]) -> Iterator[Pupil]:
    layers: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        if mistake.function not in _CASCADING and mistake.severity is Severity.MAJOR:
            layers.setdefault(_layer(mistake), []).append(mistake)
    random_ = random.Random("the demo class")
    for number in itertools.count(1):
        wrong = sorted(random_.sample(sorted(layers), random_.randrange(4)))
        made = [random_.choice(layers[layer]) for layer in wrong]
        yield Pupil(
            id=f"{random_.choice(_LAST)}-{random_.choice(_FIRST)}-{number:03}",
            what="drawn at random",
            layout=random_.choice(["package", "course", "flat", "zip", "tar.gz"]),
            mistakes=tuple(mistake.id for mistake in made),
            loses=frozenset(mistake.function for mistake in made),
        )


def _layer(mistake: Mistake) -> str:
    """What forward and backward have in common: mistakes in both could make up for each other."""
    return mistake.function.partition("_forward")[0].partition("_backward")[0]


def surprises(members: Iterable[Pupil], results: Iterable[Result]) -> list[str]:
    """Where results are not what the pupils deserve, in words; empty if all are."""
    found = {result.name: result for result in results}
    lines = []
    for pupil in members:
        result = found.get(pupil.id)
        wrong = "was not graded" if result is None else _surprise(pupil, result)
        if wrong:
            lines.append(f"{pupil.id} ({pupil.what}): {wrong}")
    return lines


def _surprise(pupil: Pupil, result: Result) -> str:
    if result.graded != pupil.graded or result.error_kind == "internal":
        return result.error or "should not have been readable"
    lost = {
        name
        for check in result.checks
        if check.outcome is Outcome.INTERNAL
        or (check.points < check.max_points and check.outcome is not Outcome.SKIPPED)
        for name in check.targets
    }
    if lost != pupil.loses:
        return f"lost points for {_names(lost)}, not for {_names(pupil.loses)}"
    return "" if lost or not pupil.graded or result.score == result.max_score else "is not at 100 %"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
