"""The hooks of an assignment: what they default to, and whose fault it is when one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.plugin import PLAIN, Plugin, SubmissionFacts, load_plugin, plugin_files
from grader.diagnosis.observed_values import ReplyReader
from grader.model.call import Call
from grader.model.contract import ContractEntry
from grader.model.errors import PluginError, UsageError
from grader.model.release import Release

HEAD = "from msgspec.structs import replace\n\nfrom grader.model.release import Release\n\n"
TWO = HEAD + (
    'OLD, NEW = Release(id="old", asks=frozenset({"fit"})), Release(id="new")\n'
    "RELEASES = [OLD, NEW]\n\n\n"
    "def recognise(facts):\n"
    '    return replace(OLD if facts.python2 else NEW, evidence=("the print statements",))\n'
)
FACTS = SubmissionFacts(python2=True)


def write(folder: Path, releases: str, **others: str) -> Path:
    for name, text in {"releases": releases, **others}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def test_without_hooks_nothing_changes(tmp_path: Path) -> None:
    plugin = load_plugin(tmp_path)
    call = Call("fit", (1,), {"p": 2})
    assert plugin.choose(FACTS, command="auto", rubric="auto") is None
    assert plugin.adapt(None, call) is plugin.adapt(Release(id="a"), call) is call
    assert plugin.adapt_back(None, call) is plugin.adapt_back(Release(id="a"), call) is call
    assert plugin.same_random(call, {"out": 1}) == {}
    assert plugin_files(tmp_path) == []


def test_a_release_is_recognised(tmp_path: Path) -> None:
    plugin = load_plugin(write(tmp_path, TWO))
    found = plugin.choose(FACTS, command="auto", rubric="auto")
    assert found is not None
    assert (found.id, found.chosen, found.evidence) == (
        "old",
        "recognised",
        ("the print statements",),
    )


@pytest.mark.parametrize(
    ("command", "rubric", "expected"),
    [
        ("new", "auto", ("new", "command", "new was named on the command line; the text looks like "
                         "old")),
        ("auto", "new", ("new", "rubric", "new is that of the rubric; the text looks like old")),
        ("old", "new", ("old", "command", "old was named on the command line")),
    ],
)  # fmt: skip
def test_a_named_release_wins(
    tmp_path: Path, command: str, rubric: str, expected: tuple[str, str, str]
) -> None:
    found = load_plugin(write(tmp_path, TWO)).choose(FACTS, command=command, rubric=rubric)
    assert found is not None
    assert (found.id, found.chosen, found.evidence[0]) == expected


def test_a_release_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no release 'odl'.*Did you mean `old`"):
        load_plugin(write(tmp_path, TWO)).choose(FACTS, command="odl", rubric="auto")
    with pytest.raises(UsageError, match="no release 'old': it has none"):
        PLAIN.choose(FACTS, command="old", rubric="auto")


def test_hooks_import_what_lies_beside_them(tmp_path: Path) -> None:
    text = HEAD + 'from .words import KEY\n\nRELEASES = [Release(id="one")]\n\n\n'
    text += "def adapt(release, call):\n    return replace(call, kwargs={KEY: 1})\n"
    plugin = load_plugin(write(tmp_path, text, words='KEY = "rate"\n'))
    assert plugin.adapt(plugin.releases["one"], Call("fit")).kwargs == {"rate": 1}
    (tmp_path / "marks.json").write_text("{}", encoding="utf-8")
    counted = [path.name for path in plugin_files(tmp_path)]
    assert counted == ["marks.json", "releases.py", "words.py"]


def test_two_assignments_do_not_share_their_modules(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        write(folder, HEAD + f'RELEASES = [Release(id="{folder.name}")]\n')
    assert [list(load_plugin(folder).releases) for folder in folders] == [["one"], ["two"]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("def adapt(release, call):\n    return call.args[7]\n", "line 8: adapt: IndexError"),
        ("def adapt(release, call):\n    return None\n",
         "line 7: adapt returned NoneType, expected Call"),
    ],
)  # fmt: skip
def test_an_error_of_a_hook_is_the_authors(tmp_path: Path, body: str, message: str) -> None:
    text = HEAD + 'RELEASES = [Release(id="one")]\n\n' + body
    plugin = load_plugin(write(tmp_path, text))
    with pytest.raises(PluginError, match=message) as error:
        plugin.adapt(plugin.releases["one"], Call("fit"))
    assert str(tmp_path / "releases.py") in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nRELEASES = [", r"releases.py, line 2: SyntaxError"),
        ("x = 1\nimport not_there_at_all\n", r"releases.py, line 2: ModuleNotFoundError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_names_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(PluginError, match=message):
        load_plugin(write(tmp_path, text))


def test_releases_must_be_releases(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="RELEASES holds more than Release records"):
        print(load_plugin(write(tmp_path, 'RELEASES = ["2016"]\n')).releases)


def test_what_a_release_leaves_out() -> None:
    release = Release(id="a", asks=frozenset({"fit", "score"}), gives=frozenset({"load"}))
    assert release.not_asked(["fit"], uses=["load"]) == []
    assert release.not_asked(["load"]) == ["load"]
    assert release.not_asked(["fit"], uses=["plot"]) == ["plot"]
    assert Release(id="b").not_asked(["anything"], uses=["else"]) == []


CHANCE = (
    "def same_random(call, values, earlier):\n"
    "    if call.name != 'draw':\n"
    "        return {}\n"
    "    return {'how many': len(values['out']), 'before': [e.call.name for e in earlier]}\n"
)


def read_twice(plugin: Plugin, random: tuple[str, ...]) -> list[dict[str, object]]:
    """What is compared of two calls of a function."""
    contract = {"draw": ContractEntry("m", ("out", "size"), random=random)}
    reader = ReplyReader(contract, plugin)
    request = {"op": "call", "on": "draw", "path": [], "args": [3], "kwargs": {},
               "returns": ["out", "size"]}  # fmt: skip
    reply = {"status": "ok", "value": ([0.1, 0.7, 0.2], 3)}
    found = [reader.read(index, "draw", request, reply, reply) for index in range(2)]
    return [{key.label: value for key, value in each.items()} for each in found]


def test_what_was_drawn_is_compared_as_the_plugin_says(tmp_path: Path) -> None:
    first, second = read_twice(load_plugin(write(tmp_path, CHANCE)), ("out",))
    assert first == {"shared: how many": 3, "shared: before": [], "size": 3}
    assert second == {"shared: how many": 3, "shared: before": ["draw"], "size": 3}


def test_without_a_word_of_the_plugin_all_is_compared() -> None:
    first, _ = read_twice(PLAIN, ("out",))
    assert first == {"out[0]": 0.1, "out[1]": 0.7, "out[2]": 0.2, "size": 3}
