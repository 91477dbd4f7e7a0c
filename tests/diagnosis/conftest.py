"""The clinic."""

from __future__ import annotations

import pytest

from tests.diagnosis.clinic import Clinic


@pytest.fixture(scope="session")
def clinic() -> Clinic:
    """One for all tests: it holds the reference and the catalogue."""
    return Clinic()
