"""A class of invented students, made from reference and catalogue, and what each deserves."""

from __future__ import annotations

from grader.demo.build import claim, make_class
from grader.demo.class_file import class_of
from grader.demo.invented_student import InventedStudent, surprises

__all__ = ["InventedStudent", "claim", "class_of", "make_class", "surprises"]
