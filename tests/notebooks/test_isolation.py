"""A kernel reaches nobody: neither network, nor programs, nor files, in every isolating sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from grader.model.errors import UsageError
from grader.notebooks.kernel_queue import KernelPool
from tests.notebooks.books import book, outcomes, printed, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")

ATTEMPTS = {
    "network": "import socket\nsocket.socket()",
    "unix socket": "import socket\nsocket.socket(socket.AF_UNIX)",
    "fork": "import os\nif os.fork() == 0: os._exit(0)",
    "program": "import subprocess\nsubprocess.run(['/bin/true'])",
    "shell": "!curl http://example.org",
    "bash": "%%bash\nls",
    "file": "open('/etc/passwd').read()",
    "harness": "import grader.assignments.numpynn.bank",
    "library": "import os\nopen(os.__file__, 'r+')",
    "parent": "import os, signal\nos.kill(os.getppid(), 0)",
    "priority": "import os\nos.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))",
}


@pytest.fixture(scope="module", params=["bubblewrap", "landlock"])
def walled(request: pytest.FixtureRequest) -> Iterator[KernelPool]:
    try:
        made = KernelPool(request.param)
    except UsageError as error:
        pytest.skip(error.message)
    with made:
        yield made


def test_nothing_outside_can_be_reached(walled: KernelPool) -> None:
    cells = run(walled, book(*ATTEMPTS.values(), "print('alive')"))
    assert dict(zip(ATTEMPTS, outcomes(cells), strict=False)) == dict.fromkeys(ATTEMPTS, "error")
    assert printed(cells[-1]) == "alive\n"


def test_shell_commands_get_a_plain_message(walled: KernelPool) -> None:
    cells = run(walled, book(ATTEMPTS["shell"], ATTEMPTS["bash"]))
    assert {cell.error for cell in cells} == {
        "No program can be started here, so shell commands do not work."
    }


def test_a_listening_socket_of_the_kernel_admits_only_us(walled: KernelPool) -> None:
    """The sockets it holds lie in a folder that the kernel cannot see."""
    search = (
        "import os, socket\n"
        "held = [fd for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}')]\n"
        "names = []\n"
        "for fd in range(3, 64):\n"
        "    try: names.append(os.fstat(fd))\n"
        "    except OSError: pass\n"
        "left = socket.socket(fileno=os.dup(4))\n"
        "left.connect('/tmp/somewhere')"
    )
    assert outcomes(run(walled, book(search))) == ["error"]


def test_kernels_do_not_see_each_others_files(walled: KernelPool) -> None:
    first = run(walled, book("open('mine', 'w').write('x')\nimport os\nprint(os.listdir('.'))"))
    second = run(walled, book("import os\nprint(os.listdir('.'))"))
    assert "mine" in printed(first[0])
    assert "mine" not in printed(second[0])
