"""A class of invented students, made from reference and catalogue, and what each deserves."""

from __future__ import annotations

from grader.demo.build import claim, make_class
from grader.demo.class_file import class_of
from grader.demo.invented_students import Pupil, pupils, surprises

__all__ = ["Pupil", "claim", "class_of", "make_class", "pupils", "surprises"]
