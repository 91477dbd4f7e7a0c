"""What a check asks, known before it asks: found out with the key, sent ahead while grading.

`request_analysis` finds out, when the answer key is recorded, which requests depend on no answer.
`dry_run` makes the scripts of a bank's requests before several submissions are graded, `in_form`
gives them the form that they have for one of them, and a `Prefetcher` sends what may be sent.
"""

from __future__ import annotations

from grader.runner.prefetch.dry_run import dry_run, in_form
from grader.runner.prefetch.prefetcher import Prefetcher
from grader.runner.prefetch.request_script import RequestRecorder, RequestScript

__all__ = [
    "Prefetcher",
    "RequestRecorder",
    "RequestScript",
    "dry_run",
    "in_form",
]
