"""What an assignment's `data.py` serves its notebooks, and what it keeps to judge them by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np


class DataRequest(NamedTuple):
    """What is asked of `serve_data`."""

    sizes: Mapping[str, int]
    """How much of what, as the rubric's scale says; empty where it says nothing."""
    reference: Path
    """Folder of the reference package."""
    folder: Path | None = None
    """The rubric's `data`, if it names a folder."""
    secret: str = ""
    """Decides what is held out, where that can be drawn: only who knows it can do so again."""


class Split(msgspec.Struct, frozen=True):
    """Inputs that a notebook's work is judged on."""

    inputs: np.ndarray
    """As a model gets them."""
    labels: np.ndarray
    """They never leave the trusted side."""
    title: str = ""
    """What reports call them: `held-out images`."""
    held_out: bool = False
    """Whether no notebook may learn of the inputs either, before all else is judged."""


class ServedData(msgspec.Struct, frozen=True):
    """What `serve_data` gives; nothing by default."""

    arrays: Mapping[str, np.ndarray] = {}
    """By name, for the modules below: all of it can be read by notebooks."""
    modules: Mapping[str, str] = {}
    """File of the student's package to Python text that is put at its end, beside student code.
    `grader.worker.notebook_data.arrays` holds the arrays there."""
    splits: Mapping[str, Split] = {}
    """By the names that values of the rubric call them."""
    classes: int = 0
    """Labels are 0 to one less; 0 where they are not classes."""
    known_labels: np.ndarray | None = None
    """Labels of a ranking that everybody can compute, so that they are no secret."""
    is_stand_in: bool = False
    """Whether they stand in for more or other data, for which some release's notebooks were
    written: results that fall short are then not held against whoever uses these."""
