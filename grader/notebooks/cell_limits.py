"""What the cells of a notebook may use."""

from __future__ import annotations

import msgspec


class NotebookLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one notebook."""

    cell_seconds: float = 120.0
    """CPU time of one cell."""
    notebook_seconds: float = 600.0
    """CPU time of all cells."""
    wall_seconds: float = 1800.0
    """Time by the clock of all cells."""
    idle_seconds: float = 20.0
    """A cell that uses no CPU for so long is asleep or blocked."""
    output_bytes: int = 1 << 20
    """Text and HTML of one cell."""
    outputs: int = 200
    """Pieces of output of one cell."""
    image_bytes: int = 4 << 20
    """One image, as base64."""
    images_bytes: int = 16 << 20
    """All images of a notebook."""
