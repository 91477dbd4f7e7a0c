"""What the authors of a test bank use."""

from __future__ import annotations

from grader.checks.arrays import assert_arrays
from grader.checks.assertions import holds, raising
from grader.checks.autograd import assert_autograd
from grader.checks.compare import as_array, assert_close, close
from grader.checks.declare import check
from grader.checks.gradient import (
    assert_backward,
    assert_gradient,
    credible,
    fair_to,
    forward_pass,
    numerical_gradient,
)
from grader.checks.inputs import Inputs
from grader.checks.same import assert_same
from grader.model.result import Visibility
from grader.model.verdicts import CouldNotRun, NotDone, NotJudged, Wrong
from grader.student.proxy import Remote, Student

__all__ = [
    "CouldNotRun",
    "Inputs",
    "NotDone",
    "NotJudged",
    "Remote",
    "Student",
    "Visibility",
    "Wrong",
    "as_array",
    "assert_arrays",
    "assert_autograd",
    "assert_backward",
    "assert_close",
    "assert_gradient",
    "assert_same",
    "check",
    "close",
    "credible",
    "fair_to",
    "forward_pass",
    "holds",
    "numerical_gradient",
    "raising",
]
