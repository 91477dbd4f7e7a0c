"""Reading off the text which template a submission was written against."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model.errors import UsageError
from grader.submission.era import dropout_meaning
from tests.submission.samples import LAYERS, Files, read, write

ROOT = Path(__file__).parents[2]


def _net(signature: str) -> str:
    return f"class FullyConnectedNet(object):\n  def __init__(self, {signature}):\n    self.n = 1\n"


def _package(signature: str, layers: str = LAYERS) -> Files:
    return {"layers.py": layers, "classifiers/fc_net.py": _net(signature)}


BOTH = "from builtins import range\n"
KEEPS = (
    '\n\ndef dropout_forward(x, dropout_param):\n    """p: we keep units with probability p."""\n'
)
DROPS = KEEPS.replace("keep", "drop")


@pytest.mark.parametrize(
    ("signature", "layers", "era", "dropout_p"),
    [
        ("hidden_dims, dropout=0, use_batchnorm=False", LAYERS, "2016", "drop"),
        ("hidden_dims, dropout=0, use_batchnorm=False", BOTH + LAYERS, "2017", "drop"),
        ("hidden_dims, dropout=0, use_batchnorm=False", LAYERS + KEEPS, "2016", "keep"),
        ("hidden_dims, dropout=1, normalization=None", BOTH + LAYERS, "2018", "keep"),
        ("hidden_dims, dropout=1, normalization=None", LAYERS + DROPS, "2018", "drop"),
        ("hidden_dims, dropout_keep_ratio=1, normalization=None", BOTH + LAYERS, "2021", "keep"),
        ("hidden_dims, *, dropout_keep_ratio=1", LAYERS, "2021", "keep"),
    ],
)
def test_the_network_tells_the_era(
    tmp_path: Path, signature: str, layers: str, era: str, dropout_p: str
) -> None:
    dialect = read(write(tmp_path / "ann", _package(signature, layers))).dialect
    assert (dialect.era, dialect.dropout_p, dialect.forced) == (era, dropout_p, False)
    assert "FullyConnectedNet takes" in dialect.evidence[0]


def test_a_network_that_does_not_parse_tells_the_era_too(tmp_path: Path) -> None:
    text = _net("hidden_dims, dropout=0, use_batchnorm=False").replace("self.n = 1", "self.n = (")
    dialect = read(write(tmp_path / "ann", {"layers.py": LAYERS, "fc_net.py": text})).dialect
    assert dialect.era == "2016"


@pytest.mark.parametrize(
    ("text", "era"),
    [
        ("def relu_forward(x): return x\n", "2021"),
        ("def relu_forward(x): return xrange(x)\n", "2016"),
        ("def layernorm_forward(x): return x\n", "2021"),
        (
            "from past.builtins import xrange\ndef svm_loss(x, y): return x\n"
            "def softmax_loss(x, y): return x\ndef batchnorm_forward(x): return x\n",
            "2017",
        ),
        (
            "def svm_loss(x, y): return x\ndef layernorm_forward(x): return x\n"
            "class TwoLayerNet: pass\nclass FullyConnectedNet: pass\n",
            "2018",
        ),
    ],
)
def test_without_the_network_the_layers_tell(tmp_path: Path, text: str, era: str) -> None:
    assert read(write(tmp_path / "ann", {"layers.py": text, "fc_net.py": text})).dialect.era == era


def test_a_forced_era_is_kept_and_the_contradiction_told(tmp_path: Path) -> None:
    root = write(tmp_path / "ann", _package("hidden_dims, dropout=1, normalization=None"))
    dialect = read(root, "2016").dialect
    assert (dialect.era, dialect.forced, dialect.dropout_p) == ("2016", True, "drop")
    assert dialect.evidence[0] == "era 2016 was forced; the text looks like 2018"
    assert read(root, "2018").dialect.evidence[0] == "era 2018 was forced"


def test_what_the_text_says_of_p_stands_under_a_forced_era(tmp_path: Path) -> None:
    root = write(tmp_path / "ann", _package("hidden_dims, dropout_keep_ratio=1", LAYERS + KEEPS))
    assert read(root, "2016").dialect.dropout_p == "keep"


def test_the_rubrics_template_stands_against_all_that_the_text_says(tmp_path: Path) -> None:
    old = _package("hidden_dims, dropout=0, use_batchnorm=False", LAYERS + DROPS)
    root = write(tmp_path / "ann", old)
    found = read(root, template="2018")
    dialect = found.dialect
    assert (dialect.era, dialect.forced, dialect.dropout_p) == ("2018", True, "keep")
    assert dialect.evidence[0] == "era 2018 is that of the rubric; the text looks like 2016"
    assert found.excused == frozenset()


def test_a_forced_era_wins_over_the_rubrics_template(tmp_path: Path) -> None:
    root = write(tmp_path / "ann", _package("hidden_dims, dropout=1, normalization=None"))
    found = read(root, "2016", template="2021")
    assert found.dialect.era == "2016"
    assert found.excused == {"layernorm_forward", "layernorm_backward"}


def test_what_is_there_is_not_excused(tmp_path: Path) -> None:
    more = LAYERS + "def layernorm_forward(x): return x\n"
    old = _package("hidden_dims, dropout=0, use_batchnorm=False", more)
    assert read(write(tmp_path / "ann", old)).excused == {"layernorm_backward"}


def test_an_unknown_era_is_an_error_of_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no dialect '2019'"):
        read(write(tmp_path / "ann", _package("hidden_dims")), "2019")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("- p: Parameter. Each unit is kept with probability p.", "keep"),
        ("- p: Parameter. Each unit is dropped with probability p.", "drop"),
        ("Here p is the probability of keeping, not that of dropping, a unit.", "keep"),
        ("Here p is the probability of dropping, not that of keeping, a unit.", "drop"),
        ("Keep in mind that p is the probability of dropping a unit.", "drop"),
        ("Dropout in its inverted form.\n\np: probability that a unit\n  survives.", "keep"),
        ("We zero some units.\n- p: the chance to discard a unit; 1 - p keeps it.", "drop"),
        ("p: Probability of *keeping* an element, 0 < p <= 1.", "keep"),
        ("- p: 参数。每个神经元以概率p保留。", "keep"),
        ("- p: 每个神经元输出以概率 p 被丢弃", "drop"),
        ("- p: Dropout 参数，神经元失活的概率", "drop"),
        ("Dropout with a parameter p. Keep the input in test mode.", ""),
        ("We drop features with some probability.", ""),
        ("p is some probability.", ""),
        ("", ""),
    ],
)
def test_what_p_means_is_read_in_english_and_chinese(text: str, meaning: str) -> None:
    assert dropout_meaning(text) == meaning


def test_our_own_template_is_of_the_last_era() -> None:
    for folder in ("reference", "student_template"):
        dialect = read(ROOT / folder / "numpynn").dialect
        assert (dialect.era, dialect.dropout_p, dialect.python2) == ("2021", "keep", False)
        assert "dropout_forward's docstring" in dialect.evidence[-1]
