"""What an assignment serves its notebooks at the rubric's scale."""

from __future__ import annotations

from grader.assignment.folder import Assignment
from grader.assignment.layout import Layout
from grader.model.rubric import NotebookRules
from grader.model.rubric_fault import Fault, did_you_mean
from grader.model.served_data import DataRequest, ServedData

_JUDGED_ON_DATA = ("accuracy", "labels")


def served_data(assignment: Assignment, *, secret: str = "") -> ServedData:
    """What its `data.py` serves; nothing where there is none.

    Args:
        assignment: whose.
        secret: decides what is held out; by default the rubric's seed.

    Raises:
        InputError: the data are not there, or cannot be used.
        PluginError: `data.py` is wrong.
        RubricError: a value is to be judged on data that are not served.
    """
    rules = assignment.rubric.notebooks
    request = DataRequest(
        sizes=rules.scales[rules.scale].sizes if rules else {},
        reference=assignment.reference,
        folder=Layout(assignment.path, assignment.rubric).data,
        secret=secret or str(assignment.rubric.seed),
    )
    served = assignment.plugin.serve_data(request)
    if rules:
        _must_be_served(assignment, rules, served)
    return served


def _must_be_served(assignment: Assignment, rules: NotebookRules, served: ServedData) -> None:
    for name, rule in rules.files.items():
        for value, about in rule.values.items():
            if about.kind in _JUDGED_ON_DATA and about.data not in served.splits:
                what = f"is {about.data!r}, which the assignment's data.py does not serve"
                keys = ("notebooks", "files", name, "values", value, "data")
                hint = did_you_mean(about.data, served.splits)
                raise assignment.fault(Fault(keys, what, hint))
