"""Whatever a cell does, the cells before it are recorded, and it is said what happened where."""

from __future__ import annotations

import msgspec
import pytest

from grader.notebooks.cell_limits import NotebookLimits
from grader.notebooks.kernel_queue import KernelPool
from grader.notebooks.kernel_values import Unknown, Values
from tests.notebooks.books import LIMITS, book, outcomes, printed, run


def test_cells_share_their_names_and_their_outputs_are_kept(pool: KernelPool) -> None:
    cells = run(pool, book("x = 20", "print(x)\nx + 1", "1 / 0", "x"))
    assert outcomes(cells) == ["ok", "ok", "error", "ok"]
    assert "20\n" in printed(cells[1])
    assert "21" in printed(cells[1])
    assert cells[2].error == "ZeroDivisionError: division by zero"


def test_the_package_answers_to_every_name_of_the_course(pool: KernelPool) -> None:
    source = "from {0}.layers import three\nprint(three())"
    cells = run(pool, book(*(source.format(name) for name in ("cs231n", "numpynn", "daseCV"))))
    assert [printed(cell) for cell in cells] == ["3\n"] * 3


def test_an_endless_loop_is_interrupted_and_the_rest_runs(pool: KernelPool) -> None:
    cells = run(pool, book("1", "while True: pass", "2"))
    assert outcomes(cells) == ["ok", "timeout", "ok"]
    assert cells[1].error == "It used more than 2 seconds of CPU time."


def test_a_loop_that_does_not_listen_costs_the_kernel(pool: KernelPool) -> None:
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    cells = run(pool, book("1", deaf, "2"))
    assert outcomes(cells) == ["ok", "timeout", "not_run"]
    assert "did not react to an interrupt" in cells[1].error
    assert cells[2].error == "The kernel ended in cell c1."


def test_a_sleeping_cell_is_stopped(pool: KernelPool) -> None:
    cells = run(pool, book("import time; time.sleep(10_000)", "2"))
    assert outcomes(cells) == ["timeout", "ok"]
    assert cells[0].error == "It did nothing for 3 seconds."


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "It ended the kernel"),
    ],
)
def test_a_kernel_that_dies(pool: KernelPool, source: str, said: str) -> None:
    cells = run(pool, book("1", source, "2"))
    assert outcomes(cells) == ["ok", "died", "not_run"]
    assert said in cells[1].error


def test_input_is_an_error_not_a_hang(pool: KernelPool) -> None:
    cells = run(pool, book("input()", "2"))
    assert outcomes(cells) == ["error", "ok"]


def test_a_flood_of_text_is_cut(pool: KernelPool) -> None:
    flood = "for _ in range(500): print('x' * 1_000_000)"
    cells = run(pool, book(flood, "2"))
    assert outcomes(cells) == ["flooded", "ok"]
    assert sum(len(output.data) for output in cells[0].outputs) <= LIMITS.output_bytes + 1000


def test_too_many_outputs_are_cut(pool: KernelPool) -> None:
    many = "from IPython.display import display\nfor i in range(1000): display(i)"
    cells = run(pool, book(many, "2"))
    assert outcomes(cells) == ["flooded", "ok"]
    assert len(cells[0].outputs) <= LIMITS.outputs + 1


def test_many_prints_are_no_flood(pool: KernelPool) -> None:
    talk = "import sys, time\nfor i in range(400):\n    print(i); sys.stdout.flush()"
    assert outcomes(run(pool, book(talk))) == ["ok"]


def test_a_huge_image_is_left_out(pool: KernelPool) -> None:
    image = (
        "from IPython.display import Image, display\nimport os\n"
        "display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + os.urandom(6 << 20), format='png'))"
    )
    cells = run(pool, book(image, "2"))
    assert outcomes(cells) == ["ok", "ok"]
    assert cells[0].notes == ["An image of 8.0 MB was left out."]
    assert "image/png" not in [output.mime for output in cells[0].outputs]


def test_memory_is_limited(pool: KernelPool) -> None:
    cells = run(pool, book("held = bytearray(3_000_000_000)", "2"))
    assert cells[0].error.startswith("MemoryError")


def test_a_figure_is_a_picture(pool: KernelPool) -> None:
    figure = "%matplotlib notebook\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()"
    cells = run(pool, book(figure))
    assert [output.mime for output in cells[0].outputs] == ["image/png"]


def test_the_extension_that_reloads_does_no_harm(pool: KernelPool) -> None:
    cells = run(pool, book("%load_ext autoreload\n%autoreload 2", "import cs231n.layers", "1"))
    assert outcomes(cells) == ["ok", "ok", "ok"]


def test_a_widget_does_no_harm(pool: KernelPool) -> None:
    opened = (
        "from comm import create_comm\n"
        "create_comm(target_name='jupyter.widget', data={'state': {}}, metadata={})\n"
        "from IPython.display import display\n"
        "view = {'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}}\n"
        "display(view, raw=True)\n"
        "display(view | {'text/plain': 'IntSlider(value=3)'}, raw=True)"
    )
    cells = run(pool, book(opened, "2"))
    assert outcomes(cells) == ["ok", "ok"]
    remark = "(a control, which is not shown here)"
    shown = [output.data for output in cells[0].outputs]
    assert shown == [remark, f"IntSlider(value=3)\n{remark}"]


def test_the_rest_is_not_run_if_the_student_asked_for_that(pool: KernelPool) -> None:
    made = book("1 / 0", "2")
    made.cells[0].stop = True
    assert outcomes(run(pool, made)) == ["error", "not_run"]


def test_a_notebook_has_a_time_limit_too(pool: KernelPool) -> None:
    burn = "import time\nend = time.process_time() + 1\nwhile time.process_time() < end: pass"
    limits = NotebookLimits(cell_seconds=30, notebook_seconds=0.9, idle_seconds=30)
    cells = run(pool, book(burn, "2"), limits=limits)
    assert outcomes(cells) == ["ok", "not_run"]


def test_a_notebook_has_a_limit_by_the_clock(pool: KernelPool) -> None:
    limits = NotebookLimits(cell_seconds=60, idle_seconds=60, wall_seconds=0.5)
    cells = run(pool, book("import time; time.sleep(50)", "2"), limits=limits)
    assert outcomes(cells) == ["timeout", "not_run"]
    assert {cell.error for cell in cells} == {"The notebook took longer than 0.5 seconds."}


def test_a_module_that_exits_is_imported_all_the_same(pool: KernelPool) -> None:
    files = {"layers.py": "def three():\n    return 3\nimport sys\nsys.exit(0)\n1 / 0\n"}
    made = book("from cs231n.layers import three\nassert three() == 3")
    assert outcomes(run(pool, made, files=files)) == ["ok"]


def test_values_are_read_as_plain_data(pool: KernelPool) -> None:
    seen: list[object] = []

    def inspect(values: Values) -> None:
        seen.append(values.numbers("solver.history"))
        seen.append(values.numbers("table['a'][0]"))
        for path in ("absent", "solver", "solver.nothing", "words"):
            with pytest.raises(Unknown) as caught:
                values.numbers(path)
            seen.append(str(caught.value))

    class_ = "class S: history = [0.5, 1]\nsolver = S()\ntable = {'a': [[3.0]]}\nwords = ['a']"
    run(pool, book(class_), inspect)
    assert seen[:2] == [[0.5, 1.0], [3.0]]
    assert seen[2] == "`absent` is not defined."
    assert "not plain data" in str(seen[3])
    assert "AttributeError" in str(seen[4])
    assert seen[5] == "`words` is not a list of numbers."


def test_an_answer_that_never_comes_is_given_up(
    pool: KernelPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.notebooks.kernel_values._ANSWER_SECONDS", 1.0)
    said: list[str] = []

    def inspect(values: Values) -> None:
        for path in ("trap.x", "trap"):  # the second at once
            with pytest.raises(Unknown) as caught:
                values.numbers(path)
            said.append(str(caught.value))

    trap = "class T:\n    @property\n    def x(self):\n        while True: pass\ntrap = T()"
    run(pool, book(trap), inspect)
    assert all("could not be read" in text for text in said)


def test_what_replaces_an_output_is_limited_too(pool: KernelPool) -> None:
    update = (
        "from IPython.display import HTML, display, update_display\n"
        "display(HTML('small'), display_id='x')\n"
        "update_display(HTML('y' * 50_000_000), display_id='x')"
    )
    (cell,) = run(pool, book(update))
    assert sum(len(output.data) for output in cell.outputs) < 2 * LIMITS.output_bytes


def test_messages_that_the_kernel_never_sends(pool: KernelPool) -> None:
    """The student's code has the kernel's sockets, and can say anything with them."""
    forged = (
        "session, socket = get_ipython().kernel.session, get_ipython().kernel.iopub_socket\n"
        "parent = get_ipython().kernel.get_parent()\n"
        "for content in ({{'ename': 'E', 'evalue': 'v' * 5_000_000, 'traceback': []}}, {0}):\n"
        "    session.send(socket, 'error', content, parent=parent, ident=b'error')\n"
    )
    for odd in ("{'traceback': 7}", "{'ename': 1, 'evalue': None, 'traceback': None}", "{}"):
        cells = run(pool, book("1", forged.format(odd), "2"))
        assert outcomes(cells)[0] == "ok"
        assert outcomes(cells)[1] in ("error", "flooded")
        assert all(len(output.data) <= 1 << 20 for output in cells[1].outputs)


def test_halves_of_characters_do_not_spoil_a_result(pool: KernelPool) -> None:
    made = book(
        "import json\nsession = get_ipython().kernel.session\n"
        "session.pack = lambda made: json.dumps(made, default=str).encode()",
        "print('half \\ud800')",
        "raise ValueError('half \\ud800')",
    )
    cells = run(pool, made)
    assert outcomes(cells) == ["ok", "ok", "error"]
    assert printed(cells[1]) == "half ?\n"
    assert cells[2].error == "ValueError: half ?"
    msgspec.json.encode(cells)


def test_a_cell_may_await(pool: KernelPool) -> None:
    ran = run(pool, book(
        "import asyncio\nawait asyncio.sleep(0)\nprint('slept')",
        "async def three():\n    return 3\nprint(await three())",
        "await asyncio.gather(three(), asyncio.sleep(0.01))\nraise ValueError('mine')",
    ))  # fmt: skip
    assert outcomes(ran) == ["ok", "ok", "error"]
    assert [printed(cell) for cell in ran[:2]] == ["slept\n", "3\n"]


def test_a_cell_that_awaits_is_interrupted(pool: KernelPool) -> None:
    limits = NotebookLimits(cell_seconds=1, notebook_seconds=60, idle_seconds=1)
    ran = run(pool, book(
        "import asyncio\nawait asyncio.sleep(1000)",
        "await asyncio.sleep(0)\nwhile True: pass",
        "print('alive')",
    ), limits=limits)  # fmt: skip
    assert outcomes(ran) == ["timeout", "timeout", "ok"]
