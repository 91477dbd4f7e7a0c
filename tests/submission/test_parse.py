"""Parsing: what must not stand where it stands is refused, without compiling anything."""

from __future__ import annotations

import pytest

from grader.submission.parse import Unparsable, parse


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("if x:\n    return 1\n", 2, "'return' outside function"),
        ("class C:\n    return 1\n", 2, "'return' outside function"),
        ("def f():\n    class C:\n        return 1\n", 3, "'return' outside function"),
        ("with x:\n    pass\nfor a in b:\n    pass\nelse:\n    break\n", 6, "'break' outside loop"),
        ("while x:\n    def f():\n        break\n", 3, "'break' outside loop"),
        ("try:\n    pass\nfinally:\n    continue\n", 4, "'continue' not properly in loop"),
        ("try:\n    pass\nexcept E:\n    continue\n", 4, "'continue' not properly in loop"),
        ("match x:\n    case 1:\n        break\n", 3, "'break' outside loop"),
        ("async def f(a, *a):\n    pass\n", 1, "duplicate argument 'a' in function definition"),
        ("class C:\n    def f(a, /, b, *, a=1):\n        pass\n", 2, "duplicate argument 'a'"),
    ],
)
def test_what_stands_in_the_wrong_place_is_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(text)
    assert caught.value.line == line
    assert caught.value.reason.startswith(reason)
    with pytest.raises(SyntaxError):
        compile(text, "<text>", "exec")


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b=lambda a: a):\n    for x in a:\n        if x:\n            return x\n",
        "while x:\n    try:\n        continue\n    except E:\n        break\n",
        "for x in y:\n    match x:\n        case 1:\n            break\n",
        "async def f(*a, **b):\n    async with a:\n        async for x in b:\n            break\n",
    ],
)
def test_what_stands_in_its_place_is_not(text: str) -> None:
    compile(text, "<text>", "exec")
    assert parse(text).body


def test_nothing_is_compiled() -> None:
    """That takes time with the square of what looks alike; the worker says what only shows then."""
    text = "nonlocal x\n"
    with pytest.raises(SyntaxError):
        compile(text, "<text>", "exec")
    assert parse(text).body
