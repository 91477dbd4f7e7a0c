"""What is left as in a template, and what is somebody's work, however wrong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.model.contract import Contract, ContractEntry, EntryTable
from grader.submission import load, single
from grader.submission.definitions import left_as_given
from tests.submission.samples import DECLARED, PACKAGE, read, read_layers, write

ROOT = Path(__file__).parents[2]


NET = ContractEntry.parse(
    "Net",
    EntryTable("nets", "net*", methods=["__init__", "loss"], random=["params"]),
)
PLAIN = ContractEntry.parse("f", "layers: out")


def _left(text: str, entry: ContractEntry = NET) -> list[str]:
    tree = ast.parse(text)
    (statement,) = tree.body[:1]
    name = getattr(statement, "name", "")
    return left_as_given(name, entry, statement, tree)


def _body(lines: str, arguments: str = "x, w, b") -> str:
    indented = "\n".join(f"    {line}" for line in lines.split("\n"))
    return f"def f({arguments}):\n{indented}\n"


UNTOUCHED = [
    "pass",
    "...",
    '"""Only words."""',
    "return None",
    "raise NotImplementedError",
    'raise NotImplementedError("TODO: f")\nreturn out, cache',
    "out = None\nreturn out",
    "out = None\npass\ncache = (x, w, b)\nreturn out, cache",
    "dx, dw, db = None, None, None\nreturn dx, dw, db",
    "dx, x = None, b\nreturn dx",
    "x, w, b = b\ndx, dw, db = None, None, None\npass\nreturn dx, dw, db",
    "loss = 0.0\ndx = None\nreturn loss, dx",
    "loss, grads = 0, {}\npass\nreturn loss, grads",
    "out: object = None\nreturn out",
    "N, D = x.shape\nout, cache = None, None\nprint('todo', N)\nassert D\nreturn out, cache",
    "if w is None: w = {}\nw.setdefault('rate', 1e-2)\nv = w.get('v', np.zeros_like(x))\n"
    "next_w = None\nw['v'] = v\nreturn next_w, w",
    "w = {} if w is None else w\nw.setdefault('v', np.zeros_like(x))\n"
    "raise NotImplementedError('f')\nreturn next_w, w",
    "mode = w['mode']\nmean = w.get('mean', np.zeros(3, dtype=x.dtype))\nout, cache = None, None\n"
    "if mode == 'train':\n    pass\nelif mode == 'test':\n    pass\nelse:\n"
    "    raise ValueError('mode \"%s\"' % mode)\nw['mean'] = mean\nreturn out, cache",
    "mode = w['mode']\nif mode == 'train':\n    raise NotImplementedError\nelif mode == 'test':\n"
    "    raise NotImplementedError\nelse:\n    raise ValueError(f'mode {mode!r}')\n"
    "w['mean'] = b\nreturn out, cache",
    "p, mode = w['p'], w['mode']\nif 'seed' in w:\n    np.random.seed(w['seed'])\nmask = None\n"
    "out = None\nif mode == 'train':\n    pass\nelif mode == 'test':\n    pass\ncache = (w, mask)\n"
    "out = out.astype(x.dtype, copy=False)\nreturn out, cache",
    "draw = np.random.random_sample\nif 'seed' in w:\n"
    "    draw = np.random.RandomState(w['seed']).random_sample\nraise NotImplementedError",
]


@pytest.mark.parametrize("lines", UNTOUCHED)
def test_what_templates_give_is_left(lines: str) -> None:
    assert _left(_body(lines)) == ["f"]
    assert _left(_body(f'"""Words."""\n{lines}')) == ["f"]


def test_the_given_test_mode_of_dropout_is_left() -> None:
    lines = (
        "param, mask = cache\nmode = param['mode']\ndx = None\nif mode == 'train':\n    pass\n"
        "elif mode == 'test':\n    dx = dout\nreturn dx"
    )
    entry = ContractEntry.parse("f", EntryTable("layers", "dx", given_lines=["dx = dout"]))
    assert _left(_body(lines, "dout, cache"), entry) == ["f"]
    assert not _left(_body(lines, "dout, cache"))
    done = lines.replace("    pass", "    dx = dout * mask")
    assert not _left(_body(done, "dout, cache"), entry)


WORKED_ON = [
    "return x",
    "return helper(x, w, b)",
    "return x.dot(w) + b, (x, w, b)",
    "out = x\nreturn out",
    "out = None\nout = x @ w\nreturn out",
    "out = None\nif w:\n    out = x\nreturn out, b",
    "out = None\nfor row in x:\n    out = row\nreturn out",
    "out = []\nfor row in x:\n    out.append(row)\nreturn out",
    "out = None\nout, cache = helper(x)\nreturn out, cache",
    "out = 0\nout += x\nreturn out",
    "out = {}\nout['a'] = x\nreturn out",
    "out = {}\nout.setdefault('a', x)\nreturn out",
    "out = None\nx[:] = 0\nreturn out",
    "out = None\nw['mean'] = 0.9 * x\nreturn out",
    "out = None\nmean = x.mean(axis=0)\nreturn out",
    "out = None\nN = x.shape[0] * w.shape[0]\nreturn out",
    "out = None\nwith np.errstate():\n    out = x\nreturn out",
    "try:\n    out = x\nexcept ValueError:\n    out = None\nreturn out",
    "while True:\n    out = None\n    return out",
    "out = None\ndef inner():\n    nonlocal out\n    out = x\ninner()\nreturn out",
    "out = None\nnp.dot(x, w, out=b)\nreturn b, out",
    "out = np.zeros(3)\nreturn out",
    "out = (y := x)\nreturn out",
    "out = None\nreturn out or x",
    "return x if w else None",
    "return [row for row in x]",
    "return lambda: x",
    "yield x",
    "global out\nreturn out",
    "a = b = x\nreturn a",
    "out, x = x, None\nreturn out",
    "(out, *rest) = x\nreturn out",
    "if w == 'train':\n    out = x\nelif w == 'test':\n    raise NotImplementedError\nreturn out",
    "return True",
    "return 0",
    "return []",
    "loss, grads = 0, {}\nreturn loss, grads",
    "out = ''\nreturn 'x'",
]


@pytest.mark.parametrize("lines", WORKED_ON)
def test_what_somebody_wrote_is_never_left(lines: str) -> None:
    assert not _left(_body(lines))


def test_a_decorated_function_may_be_anything() -> None:
    assert not _left("@fill_in\n" + _body("pass"))


def _net(init: str, loss: str, head: str = "class Net(object)") -> str:
    def method(signature: str, lines: str) -> str:
        indented = "\n".join(f"        {line}" for line in lines.split("\n"))
        return f"    def {signature}:\n{indented}\n"

    methods = method("__init__(self, dims, dtype)", init) + method("loss(self, X, y=None)", loss)
    return f"{head}:\n{methods}"


LEFT_INIT = (
    "self.params = {}\nself.reg = dims\nself.use = dims != 1\nself.n = 1 + len(dims)\npass\n"
    "self.bn = []\nif self.use:\n    self.bn = [{'mode': 'train'} for i in range(self.n - 1)]\n"
    "for k, v in self.params.items():\n    self.params[k] = v.astype(dtype)"
)
LEFT_LOSS = (
    "X = X.astype(self.dtype)\nmode = 'test' if y is None else 'train'\nif self.use:\n"
    "    self.drop['mode'] = mode\nfor bn in self.bn:\n    bn['mode'] = mode\nscores = None\npass\n"
    "if mode == 'test':\n    return scores\nloss, grads = 0.0, {}\npass\nreturn loss, grads"
)
DONE_INIT = LEFT_INIT.replace("pass", "self.params['W1'] = np.random.randn(*dims)")
DONE_LOSS = LEFT_LOSS.replace("scores = None\npass", "scores = X.dot(self.params['W1'])")


@pytest.mark.parametrize(
    ("init", "loss", "expected"),
    [
        (LEFT_INIT, LEFT_LOSS, ["Net"]),
        (LEFT_INIT.replace("pass\n", ""), LEFT_LOSS, ["Net.loss"]),
        ("raise NotImplementedError", "raise NotImplementedError", ["Net"]),
        ("pass", "pass", ["Net"]),
        (DONE_INIT, LEFT_LOSS, ["Net.loss"]),
        (LEFT_INIT, DONE_LOSS, ["Net.__init__"]),
        (DONE_INIT, DONE_LOSS, []),
        ("self.params = {}\nself.params['b1'] = np.zeros(3)", "pass", ["Net.loss"]),
        ("self.params = make(dims)", "pass", ["Net.loss"]),
        ("self.params = dict(W1=dims)", "pass", ["Net.loss"]),
        ("self.params = {'W1': dims}", "pass", ["Net.loss"]),
        ("self.build(dims)", "pass", ["Net.loss"]),
    ],
)
def test_networks_are_judged_by_their_methods(init: str, loss: str, expected: list[str]) -> None:
    assert _left(_net(init, loss)) == expected


@pytest.mark.parametrize(
    "text",
    [
        _net("pass", "pass", "class Net(Base)"),
        _net("pass", "pass", "class Net(metaclass=Meta)"),
        "@fill_in\n" + _net("pass", "pass"),
        _net("pass", "pass") + "Net.loss = my_loss\n",
        "class Net:\n    loss = my_loss\n    __init__ = my_init\n",
    ],
)
def test_a_network_that_gets_its_methods_elsewhere_is_never_left(text: str) -> None:
    assert not _left(text)


def test_a_class_without_the_methods_that_are_listed_is_left() -> None:
    assert _left("class Net:\n    pass\n") == ["Net"]


def test_a_class_of_which_no_method_is_listed_is_never_left() -> None:
    entry = ContractEntry.parse("Net", "nets: net*")
    assert not _left("class Net:\n    def __init__(self):\n        pass\n", entry)
    assert not _left("class Net:\n    pass\n", entry)


def test_only_methods_that_are_listed_are_looked_at() -> None:
    entry = ContractEntry.parse("Net", EntryTable("nets", "net*", methods=["fit", "predict"]))
    text = "class Net:\n    def __init__(self, n):\n        self.n = n\n"
    text += "    def fit(self, x):\n        self.w = x.mean()\n"
    assert _left(f"{text}    def loss(self):\n        pass\n", entry) == ["Net.predict"]


def test_the_last_definition_counts(tmp_path: Path) -> None:
    stub, done = "def relu_forward(x):\n    pass\n", "def relu_forward(x):\n    return x, x\n"
    assert read_layers(tmp_path / "a", stub + done).todo == []
    assert read_layers(tmp_path / "b", done + stub).todo == ["relu_forward"]
    assert read_layers(tmp_path / "c", stub + "relu_forward = abs\n").todo == []


def test_the_template_is_to_do_and_the_reference_is_done() -> None:
    template = read(ROOT / "student_template" / "numpynn")
    assert set(template.todo) == set(template.locations) - {"sgd"}
    assert not template.broken
    reference = read(ROOT / "reference" / "numpynn")
    assert not reference.todo
    assert len(reference.locations) == len(template.locations)


def test_nothing_is_to_do_in_given_code(tmp_path: Path) -> None:
    """A given class need not have the methods of a net."""
    solver = "class Solver:\n    def train(self):\n        return 1\n"
    path = write(tmp_path / "ann", {**PACKAGE, "numpynn/solver.py": solver})
    solver_entry = EntryTable("solver", "solver*", methods=["fit"])
    contract = Contract.parse({**DECLARED, "Solver": solver_entry}, given_modules=["solver"])
    submission = load(single(path), contract=contract, given={"solver": solver})
    assert "Solver" in submission.locations
    assert [name for name in submission.todo if name.startswith("Solver")] == []


def test_deep_nesting_does_not_bring_us_down(tmp_path: Path) -> None:
    deep = "def relu_forward(x):\n    return " + "x + " * 2500 + "x\n"
    submission = read(write(tmp_path / "ann", {**PACKAGE, "numpynn/layers.py": deep}))
    assert submission.todo == []
