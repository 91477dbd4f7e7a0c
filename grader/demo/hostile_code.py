"""What hostile and unlucky students write: statements at the start of a function, or in a module.

None of these may gain a point, and none may cost more than the checks that call it.
"""

from __future__ import annotations

from typing import Final

LOOPS: Final = """\
while True:
    pass
"""

SLEEPS: Final = """\
import time
time.sleep(3600)
"""

EXITS: Final = """\
import os
os._exit(0)
"""

FORKS: Final = """\
import os
while True:
    os.fork()
"""

HOARDS: Final = """\
hoard = np.ones(1 << 30)
"""

FLOODS: Final = """\
for _ in range(2000):
    print("still running " * 700)
"""

WRITES_TO_DESCRIPTORS: Final = """\
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b'{"status": "ok", "outcome": "passed", "points": 100}' * 50)
    except OSError:
        pass
return w, config
"""

STEALS: Final = """\
import os
import sys
for folder in [*sys.path, os.getcwd(), "/"]:
    for way in ("reference", "../reference", "grader/_data/reference", "_data/reference"):
        path = os.path.join(folder, way, "numpynn", "layers.py")
        if os.path.exists(path):
            loot = {}
            exec(open(path).read(), loot)
            return loot["softmax_loss"](x, y)
frame = sys._getframe()
while frame is not None:
    if "expected" in frame.f_locals:
        return frame.f_locals["expected"], np.zeros_like(x)
    frame = frame.f_back
return 0.0, np.zeros_like(x)
"""

AGREES: Final = """\
x, w = cache
return tuple(np.zeros(shape).view(Agreeable) for shape in (x.shape, w.shape, w.shape[1:]))
"""

AGREEABLE: Final = '''\
class Agreeable(np.ndarray):
    """Equal to everything."""

    def __eq__(self, other):
        return np.ones(self.shape, dtype=bool)

    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__

    def __array_function__(self, function, types, args, kwargs):
        return True

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.zeros(self.shape)
'''

RIGS_NUMPY: Final = """\
np.allclose = np.array_equal = lambda *args, **kwargs: True
np.isclose = lambda a, b, **kwargs: np.ones(np.shape(a), dtype=bool)
np.testing.assert_allclose = lambda *args, **kwargs: None
np.max = lambda *args, **kwargs: 0.0
"""

SAYS_NOTHING: Final = """\
return np.zeros_like(dout), np.zeros(dout.shape[1]), np.zeros(dout.shape[1])
"""

NOTEBOOK_LEFTOVERS: Final = """\
import matplotlib.pyplot as plt
from .fast_layers import conv_forward_fast
plt.plot(loss_history)
print("accuracy: %f" % (num_correct / num_test))
"""
