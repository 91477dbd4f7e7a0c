"""Reading off the text which release a submission was written for, and what that leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from grader.assignment.catalogue import write_package
from grader.assignment.folder import Assignment
from grader.assignment.plugin import PLAIN, load_plugin
from grader.assignments.numpynn.dropout_meaning import stated_meaning
from grader.assignments.numpynn.marks import WEIGHTS, marks_of
from grader.assignments.numpynn.recognition import NEEDS, by_marks, table
from grader.assignments.numpynn.release_facts import EVERYTHING, RELEASES, names_judged
from grader.assignments.numpynn.rendering import reference_as, without
from grader.model.errors import RubricError
from grader.model.release import Release
from grader.submission import load, single
from tests.submission.samples import LAYERS, read, write

IDS = [release.id for release in RELEASES]
BY_ID = {release.id: release for release in RELEASES}
PLUGIN = Assignment.load("numpynn").plugin
NETS = "classifiers/fc_net.py"


def recognised(tmp_path: Path, files: dict[str, str], package: str = "cs231n") -> Release:
    write_package(files, tmp_path / "ann" / package)
    contract = Assignment.load("numpynn").contract
    release = load(single(tmp_path / "ann"), contract=contract, plugin=PLUGIN).release
    assert release is not None
    return release


def marks_of_release(release: str) -> set[str]:
    """All that its template has."""
    return {mark for mark, ids in table().items() if release in ids}


def asks_no_less(one: Release, other: str) -> bool:
    """Whether the same work earns no larger a share of what `one` asks for."""
    return names_judged(one) >= names_judged(BY_ID[other])


@pytest.mark.parametrize("release", IDS)
def test_each_release_is_told_by_its_marks(release: str) -> None:
    assert by_marks(marks_of_release(release)).id == release


@pytest.mark.parametrize("release", IDS)
def test_no_single_mark_more_or_less_excuses_anybody(release: str) -> None:
    """Whatever is deleted or put in at one place, what is asked for stays.

    So does the release where a mark is gone, but for the one that it needs: what it has in common
    with others, however much that is, is no reason to take it for one of them.
    """
    own = marks_of_release(release)
    for mark in table():
        found = by_marks(own ^ {mark})
        assert asks_no_less(found, release), mark
        if mark in own and mark != NEEDS.get(release):
            assert found.id == release, mark


@pytest.mark.parametrize("release", IDS)
def test_taking_things_out_excuses_nobody(release: str) -> None:
    """All docstrings, all files, all of one kind: whatever is not there is no evidence."""
    own = marks_of_release(release)
    for kind in WEIGHTS:
        left = {mark for mark in own if not mark.startswith(kind)}
        assert asks_no_less(by_marks(left), release), kind
    names = {mark.split(" ")[1].partition(".")[0] for mark in own}
    for name in names:
        left = {mark for mark in own if name not in mark}
        assert asks_no_less(by_marks(left), release), name


@pytest.mark.parametrize("release", IDS)
@pytest.mark.parametrize("other", IDS)
def test_a_file_of_another_release_excuses_nobody(release: str, other: str) -> None:
    """All its marks of one kind, as they come with a file or a class of it.

    But for the rules given out in the year before: whoever submits those earns nothing by them.
    """
    own, theirs = marks_of_release(release), marks_of_release(other)
    same_texts = release == "cs231n-2026-a2"
    for kind in WEIGHTS.keys() - {"doc"} - ({"code"} if same_texts else set()):
        more = {mark for mark in theirs if mark.startswith(kind)}
        assert asks_no_less(by_marks(own | more), release), kind
    for name in ("TwoLayerNet", "svm_loss", "dropout_forward", "FullyConnectedNet"):
        more = {mark for mark in theirs if f" {name}" in mark}
        assert asks_no_less(by_marks(own | more), release), name


@pytest.mark.parametrize("release", IDS)
def test_a_keyword_changed_excuses_nobody(release: str) -> None:
    """Nor does that together with the functions left out that the older release has not."""
    own = {mark for mark in marks_of_release(release) if not mark.startswith("net ")}
    for keyword in ("dropout_keep_ratio", "normalization", "use_batchnorm"):
        changed = own | {f"net {keyword}"}
        assert asks_no_less(by_marks(changed), release), keyword
        shorter = {mark for mark in changed if "layernorm" not in mark and "TwoLayer" not in mark}
        assert asks_no_less(by_marks(shorter), release), keyword


def test_what_says_nothing_is_asked_for_everything(tmp_path: Path) -> None:
    release = recognised(tmp_path, {"layers.py": LAYERS}, package="mine")
    assert release.asks is None
    assert release.evidence == ("nothing tells its template: everything is asked for",)


def test_a_first_assignment_without_the_network_is_not_that_of_2025(tmp_path: Path) -> None:
    files = reference_as("cs231n-2025-a1")
    release = recognised(tmp_path, {**files, NETS: without(files[NETS], "FullyConnectedNet")})
    assert asks_no_less(release, "cs231n-2025-a1")


def test_the_evidence_is_told(tmp_path: Path) -> None:
    release = recognised(tmp_path, reference_as("cs231n-2018"))
    assert release.evidence[0] == "10 of 10 signs fit CS231n 2018 to 2020"
    assert "FullyConnectedNet takes normalization" in release.evidence
    assert "layers.py has the losses last" in release.evidence


def test_a_network_that_does_not_parse_tells_its_keywords_too(tmp_path: Path) -> None:
    files = reference_as("cs231n-2018")
    broken = files[NETS].replace("class FullyConnectedNet", "x = (\nclass FullyConnectedNet")
    assert "net normalization" in _marks(tmp_path, {**files, NETS: broken})


def _marks(tmp_path: Path, files: dict[str, str]) -> Iterable[str]:
    seen: list[frozenset[str]] = []

    class Watching:
        def choose(self, facts: object, **_named: str) -> None:
            seen.append(marks_of(facts))  # type: ignore[arg-type]

    write_package(files, tmp_path / "bob" / "cs231n")
    contract = Assignment.load("numpynn").contract
    load(single(tmp_path / "bob"), contract=contract, plugin=Watching())  # type: ignore[arg-type]
    return seen[0]


def test_our_own_template_is_known_by_its_docstrings() -> None:
    """If it is not: `python scripts/record_release_marks.py`."""
    contract = Assignment.load("numpynn").contract
    for folder in (
        Assignment.load("numpynn").layout.solution,
        Assignment.load("numpynn").layout.template,
    ):
        found = load(single(folder), contract=contract, plugin=PLUGIN)
        assert found.release is not None
        assert found.release.id == "numpynn"
        assert any("docstrings are those" in line for line in found.release.evidence)
        assert not found.python2


def test_every_release_judges_something_and_names_what_the_contract_has() -> None:
    names = set(Assignment.load("numpynn").contract)
    assert names == EVERYTHING
    for release in RELEASES:
        assert names_judged(release)
        assert (release.asks or names) | release.gives <= names


def test_years_with_the_same_template_are_one_release() -> None:
    for year, release in (("2019", "cs231n-2018"), ("2023", "cs231n-2021")):
        found = PLUGIN.release(f"cs231n-{year}")
        assert found is not None
        assert found.id == release


def test_an_assignment_of_other_names_has_no_release(tmp_path: Path) -> None:
    """A name of our contract means nothing where another assignment uses it."""
    net = "class FullyConnectedNet:\n    def __init__(self, sizes, use_batchnorm=False): ...\n"
    drop = "def dropout_forward(x, p, seed): return x, (p, seed)\n"
    found = read(write(tmp_path / "ann", {"layers.py": drop, "fc_net.py": net}), plugin=PLAIN)
    assert found.release is None
    assert load_plugin(tmp_path).releases == {}


def test_a_rubric_that_names_no_release_of_its_own_is_refused(tmp_path: Path) -> None:
    base = Path(Assignment.load("numpynn").path)
    rubric = tmp_path / "mine.toml"
    text = f'extends = "{base}"\n\n[grading]\nrelease = "cs231n-2031"\n'
    rubric.write_text(text, encoding="utf-8")
    with pytest.raises(RubricError, match=r"mine\.toml, line 4.*no such release.*Did you mean"):
        Assignment.load(str(rubric))


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
    assert stated_meaning(text) == meaning


def test_what_the_docstring_says_of_p_counts(tmp_path: Path) -> None:
    files = reference_as("cs231n-2016")
    said = "def dropout_forward(x, dropout_param):\n    '''p: probability to keep a unit.'''"
    layers = files["layers.py"].replace("def dropout_forward(x, dropout_param):", said)
    assert layers != files["layers.py"]
    release = recognised(tmp_path, {**files, "layers.py": layers})
    assert release.id == "cs231n-2016"
    assert (release.readings["dropout_p"], release.readings["net_dropout"]) == ("keep", "keep")
