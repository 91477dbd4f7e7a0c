"""Files where people put them, and under the names that they ended up with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.submission.samples import (
    FC_NET,
    LAYERS,
    OPTIM,
    PACKAGE,
    TODO_LAYERS,
    Files,
    read,
    remarks,
    write,
    zip_bytes,
)

FLAT: Files = {"layers.py": LAYERS, "optim.py": OPTIM, "fc_net.py": FC_NET}
HELPER = "def flat(x):\n    return x.reshape(len(x), -1)\n"


def _renamed(pattern: str) -> Files:
    return {pattern.format(name.removesuffix(".py")): text for name, text in FLAT.items()}


def test_flat_files_are_imported_as_if_they_lay_in_their_folders(tmp_path: Path) -> None:
    submission = read(write(tmp_path / "ann", FLAT))
    assert submission.modules == {"classifiers.fc_net": "fc_net.py"}
    assert not submission.notes


@pytest.mark.parametrize(
    "pattern", ["{}-1.py", "{} (1).py", "{}.PY", "{}.py.txt", "{}.txt", "ann_{}.py", "{}.py.bak"]
)
def test_files_under_other_names_are_found_and_noted(tmp_path: Path, pattern: str) -> None:
    submission = read(write(tmp_path / "ann", _renamed(pattern)))
    layers, net = pattern.format("layers"), pattern.format("fc_net")
    assert submission.locations["affine_forward"] == layers
    assert submission.modules == {
        "layers": layers,
        "optim": pattern.format("optim"),
        "classifiers.fc_net": net,
    }
    assert f"{layers} as layers.py" in remarks(submission)


def test_notes_that_happen_to_be_called_so_are_not_read(tmp_path: Path) -> None:
    notes = "def is what I looked up; the optimizer works now\n"
    submission = read(write(tmp_path / "ann", {**PACKAGE, "numpynn/optim.txt": notes}))
    assert submission.locations["sgd"] == "optim.py"
    assert not submission.notes


@pytest.mark.parametrize("copy", ["layers (1).py", "layers_final.py", "Layers.py"])
def test_of_two_copies_the_one_with_most_done_is_graded(tmp_path: Path, copy: str) -> None:
    files = {**PACKAGE, "numpynn/layers.py": TODO_LAYERS, f"numpynn/{copy}": LAYERS}
    submission = read(write(tmp_path / "ann", files))
    assert submission.locations["affine_forward"] == copy
    assert not submission.todo
    assert f"Graded {copy}, in which most is done; passed over layers.py." in submission.notes


def test_a_copy_with_no_more_done_is_passed_over(tmp_path: Path) -> None:
    files = {**PACKAGE, "numpynn/layers (1).py": TODO_LAYERS, "numpynn/layers-2.py": LAYERS}
    submission = read(write(tmp_path / "ann", files))
    assert submission.locations["affine_forward"] == "layers.py"
    assert "passed over layers-2.py, layers (1).py." in remarks(submission)


def test_of_equal_uploads_the_last_is_graded(tmp_path: Path) -> None:
    submission = read(write(tmp_path / "ann", {"layers-1.py": LAYERS, "layers-2.py": LAYERS}))
    assert submission.locations["affine_forward"] == "layers-2.py"


def test_what_is_called_old_is_no_rival(tmp_path: Path) -> None:
    files = {**PACKAGE, "numpynn/layers.py": TODO_LAYERS, "numpynn/layers_old.py": LAYERS}
    submission = read(write(tmp_path / "ann", files))
    assert submission.locations["affine_forward"] == "layers.py"
    assert not submission.notes


def test_modules_in_folders_of_their_own_belong_together(tmp_path: Path) -> None:
    files = {f"{name.removesuffix('.py')}/{name}": text for name, text in FLAT.items()}
    submission = read(write(tmp_path / "ann", files))
    assert submission.package == "layers"
    assert submission.locations["sgd"] == "../optim/optim.py"
    assert submission.locations["FullyConnectedNet"] == "../fc_net/fc_net.py"
    assert "../optim/optim.py as optim.py" in remarks(submission)


def test_what_is_missing_is_not_taken_from_another_assignment(tmp_path: Path) -> None:
    own = {name: text for name, text in PACKAGE.items() if not name.endswith("optim.py")}
    files = {f"assignment2/{name}": text for name, text in own.items()}
    files |= {"assignment3/numpynn/optim.py": OPTIM, "assignment3/numpynn/layers.py": TODO_LAYERS}
    files["assignment2/numpynn/solver.py"] = "from numpynn import optim\n"
    assert "sgd" not in read(write(tmp_path / "ann", files)).locations


def test_helpers_are_not_taken_from_another_assignment(tmp_path: Path) -> None:
    files = {f"assignment2/{name}": text for name, text in PACKAGE.items()}
    files["assignment2/numpynn/optim.py"] = f"from .fast_layers import flat\n{OPTIM}"
    other = {"layers.py": TODO_LAYERS, "fast_layers.py": HELPER}
    files |= {f"assignment3/numpynn/{name}": text for name, text in other.items()}
    assert "fast_layers" not in read(write(tmp_path / "ann", files)).modules


def test_an_archive_beside_part_of_the_work_is_looked_into(tmp_path: Path) -> None:
    rest = zip_bytes({"optim.py": OPTIM, "fc_net.py": FC_NET})
    submission = read(write(tmp_path / "ann", {"layers.py": LAYERS, "rest.zip": rest}))
    assert submission.locations.keys() >= {"affine_forward", "sgd", "FullyConnectedNet"}


def test_archives_inside_archives_are_read(tmp_path: Path) -> None:
    data = zip_bytes(PACKAGE)
    for name in ("inner.zip", "a/b.zip", "hw2.zip"):
        data = zip_bytes({name: data})
    submission = read(write(tmp_path / "ann", {"up.zip": data}))
    assert submission.package == "up.zip/hw2.zip/a/b.zip/inner.zip/numpynn"


@pytest.mark.parametrize(
    ("statement", "file"),
    [
        ("import sys\nsys.path.append('..')\nfrom my_utils import flat", "my_utils.py"),
        ("from my_utils import *", "my_utils.py"),
        ("import my_utils", "my_utils.py"),
        ("from ..my_utils import flat", "my_utils.py"),
        ("from helpers.my_utils import flat", "helpers/my_utils.py"),
        ("from helpers import my_utils", "helpers/my_utils.py"),
        ("sys.path.append('../helpers')\nfrom my_utils import flat", "helpers/my_utils.py"),
        ("from my_utils import flat", "my_utils-1.py"),
        ("from my_utils import flat", "smithann_340_208_my_utils.py"),
    ],
)
def test_own_helpers_beside_the_package_come_along(
    tmp_path: Path, statement: str, file: str
) -> None:
    files = {**PACKAGE, "numpynn/layers.py": f"{statement}\n{LAYERS}", file: HELPER}
    submission = read(write(tmp_path / "ann", files))
    assert submission.files[f"../{file}"].text == HELPER
    assert f"../{file}" in submission.modules.values()
    assert submission.notes == [f"Imported from outside the package: ../{file}."]


def test_helpers_bring_their_own(tmp_path: Path) -> None:
    files = {
        **PACKAGE,
        "numpynn/layers.py": f"from my_utils import *\n{LAYERS}",
        "my_utils.py": "from base import *\n",
        "base.py": HELPER,
    }
    submission = read(write(tmp_path / "ann", files))
    assert submission.modules == {"my_utils": "../my_utils.py", "base": "../base.py"}


def test_what_is_installed_is_not_looked_for(tmp_path: Path) -> None:
    files = {**PACKAGE, "numpy.py": HELPER, "random.py": HELPER}
    files["numpynn/optim.py"] = f"import random\n{OPTIM}"
    assert not read(write(tmp_path / "ann", files)).modules


def test_a_relative_import_does_not_lead_out_of_the_package(tmp_path: Path) -> None:
    layers = f"from ..my_utils import flat\n{LAYERS}"
    files = {**PACKAGE, "numpynn/layers.py": layers, "my_utils.py": HELPER}
    submission = read(write(tmp_path / "ann", files))
    assert submission.files["layers.py"].text == layers.replace("..my_utils", ".my_utils")
    assert submission.files["classifiers/fc_net.py"].text == FC_NET


def test_the_folder_above_may_be_named_in_imports(tmp_path: Path) -> None:
    net = FC_NET.replace("..layers", "assignment2.cs231n.layers")
    submission = read(write(tmp_path / "ann", {**FLAT, "fc_net.py": net}))
    assert submission.modules["assignment2.cs231n.layers"] == "layers.py"
    assert list(submission.modules).index("layers") < len(submission.modules) - 1


SOLVER = "from numpynn import optim\n\n\nclass Solver:\n    pass\n"


def test_given_files_that_are_missing_stand_in(tmp_path: Path) -> None:
    net = FC_NET.replace("..layers", "..layer_utils")
    given = {"solver": SOLVER, "layer_utils": "from .layers import *\n"}
    submission = read(write(tmp_path / "ann", {**FLAT, "fc_net.py": net}), given=given)
    assert submission.files["layer_utils.py"].text == given["layer_utils"]
    assert "solver.py" not in submission.files  # nothing imports it, and the contract does not
    assert "Not submitted; graded with what was given out: layer_utils.py." in submission.notes


def test_a_module_stands_in_for_one_that_has_to_be_compiled(tmp_path: Path) -> None:
    """Nobody submits what was compiled, and nobody forgot it."""
    net = FC_NET.replace("..layers", "..im2col_cython")
    files = {**FLAT, "fc_net.py": net, "im2col_cython.pyx": "cimport numpy\n"}
    submission = read(write(tmp_path / "ann", files), given={"im2col_cython": "x = 1\n"})
    assert [note for note in submission.notes if "graded with" in note] == [
        "Not compiled here; graded with a module in Python in its place: im2col_cython.pyx."
    ]


def test_the_students_own_copy_of_a_given_file_is_used(tmp_path: Path) -> None:
    net = FC_NET.replace("..layers", "..layer_utils")
    files = {**FLAT, "fc_net.py": net, "layer_utils-1.py": "from .layers import *\n# own\n"}
    submission = read(write(tmp_path / "ann", files), given={"layer_utils": "ours = 1\n"})
    assert "layer_utils.py" not in submission.files
    assert submission.modules["layer_utils"] == "layer_utils-1.py"


def test_a_deleted_file_is_missing_also_where_others_import_from_it(tmp_path: Path) -> None:
    net = FC_NET.replace("import *", "import affine_forward")
    assert "affine_forward" not in read(write(tmp_path / "ann", {"fc_net.py": net})).locations


def test_only_so_many_helpers_come_along(tmp_path: Path) -> None:
    files = {f"helper_{number}.py": HELPER for number in range(150)}
    imports = "".join(f"import helper_{number}\n" for number in range(150))
    files |= {**PACKAGE, "numpynn/layers.py": imports + LAYERS}
    submission = read(write(tmp_path / "ann", files))
    assert len(submission.files) == len(PACKAGE) + 100
