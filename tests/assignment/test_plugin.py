"""The hooks of an assignment: what they default to, and whose fault it is when one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.plugin import PLAIN, SubmissionFacts, load_plugin, plugin_files
from grader.model.call import Call
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
    assert [path.name for path in plugin_files(tmp_path)] == ["releases.py", "words.py"]


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
