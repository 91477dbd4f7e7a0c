"""Points as exact numbers, and the one place where they are rounded."""

from __future__ import annotations

from fractions import Fraction


def exact(value: float) -> Fraction:
    """The number that `value` is written as: 0.1 is a tenth, not the nearest binary number."""
    return Fraction(repr(value))


def rounded(value: Fraction | float) -> float:
    """To the hundredth, half up: 0.125 becomes 0.13, as people round by hand."""
    hundredths = 100 * (value if isinstance(value, Fraction) else exact(value))
    return (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator) / 100
