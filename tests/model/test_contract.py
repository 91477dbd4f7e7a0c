"""What a rubric's `[contract]` says, and what is said where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model.contract import Contract, EntryTable, MethodTable
from grader.model.errors import RubricError
from grader.model.rubric import load_rubric

_RUBRIC = """id = "toy"
points = 1
parts = { all = { title = { en = "All" }, points = 1 } }
title = { en = "Toy" }
[contract]
"""

CONTRACT = Contract.parse(
    {
        "scale": "layers: out, cache*",
        "scale_back": EntryTable("layers", "dx", backward_of="scale"),
        "scale_back_too": EntryTable("layers", "dx", backward_of="scale"),
        "loss": EntryTable("losses", "loss, dx", backward_of="loss"),
        "block": EntryTable("blocks", "out, cache*", stands_on=["scale"]),
        "block_back": EntryTable("blocks", "dx", backward_of="block"),
        "Net": EntryTable(
            "nets",
            "net*",
            stands_on=["block", "loss"],
            methods={"fit": "history", "step": MethodTable("loss, grads*", backward_of="step")},
        ),
        "line": "notebook:My first fit: w, b",
    },
    given_modules=["losses"],
)


def test_a_short_text_gives_module_and_values() -> None:
    entry = CONTRACT["scale"]
    assert (entry.module, entry.returns, entry.makes_object) == ("layers", ("out", "cache*"), False)
    assert (CONTRACT["line"].notebook, CONTRACT["line"].returns) == ("My first fit", ("w", "b"))
    assert CONTRACT["scale"].notebook == ""


def test_families_are_declared_and_not_spelt() -> None:
    assert CONTRACT.families(["scale_back"]) == ["scale", "scale_back", "scale_back_too"]
    assert CONTRACT.families(["loss", "Net"]) == ["loss", "Net"]
    assert CONTRACT.forwards == {"scale", "loss", "block", "Net.step"}
    assert CONTRACT.forward_of("nowhere") == ""


def test_what_a_name_stands_on_includes_what_that_stands_on() -> None:
    below = ["scale", "scale_back", "scale_back_too"]
    assert CONTRACT.below("block_back") == below
    assert CONTRACT.below("Net.fit") == [*below, "loss", "block", "block_back"]
    assert CONTRACT.below("scale") == []


def test_methods_are_targets() -> None:
    assert CONTRACT.targets[-4:] == ["Net", "Net.fit", "Net.step", "line"]
    assert CONTRACT["Net.step"].returns == ("loss", "grads*")
    assert CONTRACT["Net.step"].module == "nets"
    assert "Net.gone" not in CONTRACT
    assert "Net.fit" in CONTRACT
    assert list(CONTRACT) == [*CONTRACT.modules]


def test_a_module_given_complete_gives_all_that_is_in_it() -> None:
    assert [name for name in CONTRACT if CONTRACT[name].given] == ["loss"]


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("f = 3", "f` is a whole number; expected a text or a table with the keys module, ", ""),
        ('f = "layers"', 'f` is "layers"; expected "module: value, value*"', ""),
        ('f = "layers: out cache"', 'f` is "layers: out cache"; expected "module: value', ""),
        ('"N.m" = "a: b"', "N.m` is not the name of a function", 'N: methods = ["m"]'),
        ('"for" = "a: b"', "for` is not the name of a function or class", ""),
        ('f = { module = "a" }', "f` lacks the key `returns`", ""),
        ('f = { module = "a", returns = "" }', 'f.returns` is ""; expected names such as', ""),
        ('f = { module = "a b", returns = "c" }', 'f.module` is "a b"; expected a module', ""),
        (
            'f = { module = "a", returns = "b", backwardof = "f" }',
            "f.backwardof` is not known",
            "Did you mean `backward_of`?",
        ),
        (
            'f = { module = "a", returns = "b", backward_of = "ff" }',
            "f.backward_of` is 'ff', which is not in the contract",
            "Did you mean `f`?",
        ),
        (
            'f = { module = "a", returns = "b", stands_on = ["f"] }',
            "f.stands_on` names 'f', which is not another entry",
            "",
        ),
        (
            'f = { module = "a", returns = "b", methods = ["m"] }',
            "f.methods` is for classes, but",
            "Mark what a call of the class returns with `*`.",
        ),
        (
            'f = { module = "a", returns = "b*", methods = { m = { returns = "x", of = 1 } } }',
            "f.methods.m.of` is not known",
            "",
        ),
        (
            'f = { module = "a", returns = "b*", methods = { m = { backward_of = "n" } } }',
            "f.methods.m.backward_of` is 'n', which is not in the contract",
            "",
        ),
        ('f = { module = "a", returns = "b", random = ["x y"] }', "f.random` names 'x y'", ""),
        ('f = { module = "a", returns = "b", given = "yes" }', "f.given` is a text; expected", ""),
    ],
)
def test_a_fault_names_line_and_key(tmp_path: Path, line: str, said: str, hint: str) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(f"{_RUBRIC}{line}\n")
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert caught.value.message.startswith(f"{path}, line 6: key `contract.{said}")
    assert hint in caught.value.hint


def test_the_old_name_of_the_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(_RUBRIC.replace("[contract]", '[api]\nf = "a: b"'))
    with pytest.raises(RubricError, match="line 5: key `api` is called `contract` now") as caught:
        load_rubric(path)
    assert "Rename the table [api] to [contract]" in caught.value.hint
