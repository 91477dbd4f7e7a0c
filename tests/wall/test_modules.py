"""Importing a student's files from memory, each test in a process of its own."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from grader.worker.modules import StudentFiles
from tests.wall.loading import load

LAYERS = "def double(x):\n    return 2 * x\n"


@pytest.mark.parametrize(
    "statement",
    [
        "from numpynn.layers import *",
        "from cs231n.layers import double",
        "from daseCV.layers import double",
        "from hw2.layers import double",
        "from ..layers import *",
        "from layers import *",
        "import cs231n.layers as l; double = l.double",
    ],
)
def test_every_name_of_the_package_leads_to_the_same_module(statement: str) -> None:
    files = {
        "layers.py": LAYERS,
        "classifiers/__init__.py": "",
        "classifiers/fc_net.py": f"{statement}\nanswer = double(21)\n",
    }

    def body(loaded: StudentFiles) -> Any:
        net = loaded.load("classifiers/fc_net.py")
        layers = loaded.load("layers.py")
        return net.answer, net.double is layers.double, loaded.problems

    assert load(files, body, package="hw2") == (42, True, [])


def test_a_folder_without_init_is_a_package_too() -> None:
    files = {"layers.py": LAYERS, "classifiers/fc_net.py": "from ..layers import double\n"}
    assert load(files, lambda loaded: loaded.load("classifiers/fc_net.py").double(2)) == 4


def test_files_do_not_shadow_what_is_installed() -> None:
    files = {"numpy.py": "raise SystemExit", "layers.py": "import numpy\nzeros = numpy.zeros(2)\n"}
    assert load(files, lambda loaded: loaded.load("layers.py").zeros.tolist()) == [0.0, 0.0]


def test_a_statement_that_raises_costs_only_itself() -> None:
    text = "import numpy as np\nprint(undefined)\n\ndef late():\n    return 'here'\n"

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").late(), loaded.problems

    value, problems = load({"layers.py": text}, body)
    assert value == "here"
    assert problems == ["layers.py, line 2: NameError: name 'undefined' is not defined"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("note('a')\nnote('b'); 1 / 0; note('c')\nnote('d')\n", "line 2: ZeroDivisionError"),
        ("note('a')\n@note\n@missing\ndef f():\n    pass\nfor x in 'bcd': note(x)\n", "line 3"),
        ("note('a')\nnote('b') if 1 / 0 else 2\nnote('b'); note('c'); note('d')\n", "line 2"),
        (
            "def f():\n    raise ValueError\nnote('a')\nf()\nfor x in 'bcd':\n    note(x)\n",
            "line 4",
        ),
        ("note('a')\nclass C:\n    x = 1\n    1 / 0\nfor x in 'bcd': note(x)\n", "line 2"),
        ("é = 'ä'; 1 / 0; note('a')\nfor x in 'bcd': note(x)\n", "line 1"),
    ],
    ids=["in one line", "decorator", "before the rest", "in a function", "in a class", "not ascii"],
)
def test_every_other_statement_runs_once(text: str, problem: str) -> None:
    start = "heard = []\nnote = heard.append\n"
    moved = re.sub(r"line (\d)", lambda match: f"line {int(match[1]) + 2}", problem)

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").heard, loaded.problems

    heard, problems = load({"layers.py": start + text}, body)
    assert heard == ["a", "b", "c", "d"]
    assert len(problems) == 1
    assert moved in problems[0]


def test_what_cannot_be_compiled_costs_only_its_statement() -> None:
    text = "heard = [1]\nnonlocal heard\nheard.append(2)\n"

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").heard, loaded.problems

    heard, [problem] = load({"layers.py": text}, body)
    assert heard == [1, 2]
    assert problem.startswith("layers.py, line 2: SyntaxError: nonlocal declaration not allowed")


def test_a_large_file_is_the_same_as_a_small_one() -> None:
    text = "heard = [1]\n1 / 0\nheard.append(2)\n"

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").heard, loaded.problems

    small, large = (load({"layers.py": text + "\n" * more}, body) for more in (0, 200_000))
    assert small == large


def test_a_future_import_may_stand_anywhere() -> None:
    text = "heard = [1]\nfrom __future__ import print_function\nheard.append(2)\n"

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").heard, loaded.problems

    assert load({"layers.py": text}, body) == ([1, 2], [])


def test_an_absent_module_is_only_missed_when_it_is_used() -> None:
    text = (
        "import no_torch\nfrom no_such.place import thing as t\n"
        "def fine():\n    return 1\ndef uses():\n    return no_torch.zeros(1)\n"
        "def calls():\n    return t(1)\n"
    )

    def body(loaded: StudentFiles) -> Any:
        module = loaded.load("layers.py")
        said = []
        for function in (module.uses, module.calls):
            try:
                function()
            except ImportError as error:
                said.append(str(error))
        return module.fine(), said, len(loaded.problems)

    assert load({"layers.py": text}, body) == (
        1,
        ["no_torch is not available here", "no_such is not available here"],
        2,
    )


@pytest.mark.parametrize(
    ("head", "double"),
    [
        ("from .layers import *", "double"),
        ("from .layers import double, half, triple", "double"),
        ("from . import layers as l; half, triple = l.half, l.triple", "l.double"),
        ("from layers import half\nfrom layers import double, triple", "double"),
        ("from .layers import half, triple, thrice as double", "double"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_name_that_is_not_defined_is_only_missed_when_it_is_used(
    head: str, double: str, known: bool
) -> None:
    """Whether the assignment asks for it or not, and in whatever order they are imported."""
    name = "thrice" if "thrice" in head else "double"
    layers = "def half(x):\n    return x / 2\ndef triple(x):\n    return 3 * x\n"
    net = f"{head}\ndef fine(x):\n    return half(triple(x))\ndef net(x):\n    return {double}(x)\n"

    def body(loaded: StudentFiles) -> Any:
        module = loaded.load("net.py")
        try:
            module.net(1)
        except NotImplementedError as error:
            return module.fine(2), str(error), loaded.problems
        except (NameError, AttributeError) as error:
            return module.fine(2), f"layers.py: {error}", loaded.problems

    expected = {name: "layers.py", "half": "layers.py"} if known else {}
    fine, said, problems = load({"layers.py": layers, "net.py": net}, body, expected=expected)
    assert fine == 3
    if known:
        assert (said, problems) == (f"layers.py does not define {name}", [])
    elif "layers import" in head and "*" not in head:
        line = head[: head.index(name)].count("\n") + 1
        assert problems == [f"net.py, line {line}: layers.py does not define {name}"]
        assert said == f"layers.py does not define {name}"


def test_a_file_that_is_not_there_is_no_reason_not_to_import_it() -> None:
    files = {"net.py": "from .optim import *\nfrom .layers import relu\nclass N(Base):\n    pass\n"}
    expected = {"sgd": "optim.py", "relu": "layers.py", "Base": "optim.py"}

    def body(loaded: StudentFiles) -> Any:
        module = loaded.load("net.py")
        assert {"sgd", "relu"} <= vars(module).keys()
        return loaded.problems, sorted(loaded.placeholders)

    problems, stand_ins = load(files, body, expected=expected)
    assert problems == ["net.py, line 3: NotImplementedError: optim.py does not define Base"]
    assert stand_ins == ["Base", "relu", "sgd"]


def test_files_that_import_each_other_find_what_comes_later() -> None:
    files = {
        "a.py": "from .b import two, two_a\ndef one():\n    return 1\n",
        "b.py": "from .a import one, nothing\ndef two():\n    return one() + 1\ntwo_a = 2\n",
    }

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("a.py").two()

    assert load(files, body) == 2


@pytest.mark.parametrize("ending", ["raise SystemExit(0)", "raise KeyboardInterrupt"])
def test_after_the_end_of_the_program_come_definitions_alone(ending: str) -> None:
    text = f"heard = []\n{ending}\nheard.append(1)\nEPS = 3\ndef late():\n    return EPS\n"

    def body(loaded: StudentFiles) -> Any:
        loaded.survives = (BaseException,)
        module = loaded.load("layers.py")
        return module.heard, module.late(), loaded.problems

    heard, late, [problem] = load({"layers.py": text}, body)
    assert (heard, late) == ([], 3)
    assert problem.startswith(
        f"layers.py, line 2: `{ending}` raised {ending.split()[1].split('(')[0]};"
    )


def test_an_interrupt_ends_the_import_where_there_is_somebody_to_interrupt() -> None:
    def body(loaded: StudentFiles) -> Any:
        with pytest.raises(KeyboardInterrupt):
            loaded.load("layers.py")

    load({"layers.py": "raise KeyboardInterrupt\n"}, body)


def test_a_guarded_import_takes_its_own_way_out() -> None:
    text = "try:\n    import no_such_module\nexcept ImportError:\n    fallback = True\n"

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").fallback, loaded.problems

    assert load({"layers.py": text}, body) == (True, [])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", 3),
        ("-7 / 2", -4),
        ("7 / 2.0", 3.5),
        ("np.arange(4) / 2", [0, 0, 1, 1]),
        ("np.ones(2) / 2", [0.5, 0.5]),
        ("sum([1, 2]) / len([1, 2])", 1),
        ("True / 2", 0),
    ],
)
def test_division_floors_between_integers_in_python_2(expression: str, expected: Any) -> None:
    text = f"import numpy as np\nvalue = {expression}\ncounter = 7\ncounter /= 2\n"

    def body(loaded: StudentFiles) -> Any:
        module = loaded.load("layers.py")
        return np.asarray(module.value).tolist(), module.counter

    assert load({"layers.py": text}, body, floor=True) == (expected, 3)
    assert load({"layers.py": "value = 7 / 2\n"}, lambda f: f.load("layers.py").value) == 3.5


def test_python_2_division_in_place_and_on_items() -> None:
    text = (
        "import numpy as np\n"
        "a = np.arange(4.0)\na /= 2\n"
        "d = {'x': 7}\nd['x'] /= 2\n"
        "class C:\n    pass\nc = C()\nc.n = 9\nc.n /= 2\n"
    )

    def body(loaded: StudentFiles) -> Any:
        module = loaded.load("layers.py")
        return module.a.tolist(), module.d["x"], module.c.n

    assert load({"layers.py": text}, body, floor=True) == ([0.0, 0.5, 1.0, 1.5], 3, 4)


def test_division_in_place_keeps_the_array() -> None:
    """`dx /= N` must change the caller's array, as it did in Python 2."""
    text = "import numpy as np\na = np.ones(2)\nb = a\nb /= 4\n"
    assert load({"layers.py": text}, lambda f: f.load("layers.py").a.tolist(), floor=True) == [
        0.25,
        0.25,
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "from future import standard_library\nstandard_library.install_aliases()",
        "from past.utils import old_div\nassert old_div(7, 2) == 3",
        "from six.moves import cPickle as pickle\npickle.dumps(1)",
        "from builtins import range, object",
        "import six\nassert six.PY3",
    ],
)
def test_the_bridges_between_python_2_and_3_are_there(statement: str) -> None:
    text = f"{statement}\nvalue = 1\n"

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").value, loaded.problems

    assert load({"layers.py": text}, body) == (1, [])


@pytest.mark.parametrize("floor", [False, True])
def test_old_operators_are_understood_beside_what_raises(floor: bool) -> None:
    text = (
        "import numpy as np\nheard = []\nmask = np.arange(2) > 0\n1 / 0\n"
        "heard += list(-mask)\nif mask == None: heard = None\n"
    )

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").heard, len(loaded.problems)

    assert load({"layers.py": text}, body, floor=floor) == ([True, False], 1)


def test_what_is_nested_too_deeply_to_be_rewritten_is_run_as_it_is() -> None:
    text = f"x = 1\nif x == None: x = 2\ny = {' + '.join(['x'] * 900)}\n"
    assert load({"layers.py": text}, lambda f: f.load("layers.py").y) == 900
