"""What an argument may be: pieces of code that draw it, with sizes left open.

A kind is a template such as `inputs.normal(<N>, <D>)`. The sizes are symbols, so that arguments of
one call fit together, and so that the same call can be made again with other sizes.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

_SYMBOL: Final = re.compile(r"<([^<>]+)>")
_USUAL: Final[Mapping[str, int]] = {
    "N": 5, "D": 4, "M": 3, "C": 3, "H": 6, "W": 4, "T": 3, "V": 7, "R": 6, "F": 2, "P": 2, "K": 2,
}  # fmt: skip
"""Sizes of the symbols that are used where nothing is known. R: rows of a second set of samples."""
_POOL: Final = (5, 4, 3, 6, 7, 2, 8, 9)
_OTHER: Final[Mapping[int, int]] = {5: 8, 4: 3, 3: 4, 6: 5, 7: 6, 2: 3, 8: 7, 9: 8}


_MATRIX: Final = re.compile(r"inputs\.normal\(<(\w+)>, <(\w+)>\)")
_SAMPLES_ARE: Final = frozenset(
    {"n", "r", "z", "n_samples", "num_train", "n_train", "num_test", "n_test", "batch_size",
     "m_samples", "n_examples", "num_examples"}
)  # fmt: skip


class Kind(NamedTuple):
    """One way of drawing an argument."""

    template: str
    cost: float = 0.0
    """How unlikely it is."""

    @property
    def is_drawn(self) -> bool:
        """Whether it is an array, drawn anew under each seed."""
        return "inputs." in self.template

    @property
    def is_variable(self) -> bool:
        """Whether a check gives it a name of its own."""
        return self.is_drawn or self.template.startswith("{")

    @property
    def with_more_axes(self) -> str:
        """The template of an array of two axes, the second of which is split; or nothing."""
        match = _MATRIX.fullmatch(self.template)
        return f"inputs.normal(<{match[1]}>, <{match[2]}//2>, 2)" if match else ""

    @property
    def is_numeric_array(self) -> bool:
        """Whether it is an array of real numbers, that may be scaled and rounded."""
        return self.template.startswith(("inputs.normal(<", "inputs.uniform("))

    def code(self, sizes: Mapping[str, int]) -> str:
        """Its source with the sizes filled in."""
        return _SYMBOL.sub(lambda match: str(_size(match[1], sizes)), self.template)


class Sizes(dict[str, int]):
    """Sizes by symbol; a symbol met for the first time gets one of its own."""

    def __missing__(self, symbol: str) -> int:
        usual = _USUAL.get(symbol)
        free = [size for size in _POOL if size not in self.values()]
        self[symbol] = usual or (free or list(_POOL))[0]
        return self[symbol]

    def name(self, parameter: str, template: str) -> None:
        """Let the size that a parameter gets be known by its name: `x` of shape `(n_inputs, 1)`."""
        if re.fullmatch(r"<\w+>|\d", template):
            self[parameter] = int(Kind(template).code(self))

    def other(self) -> Sizes:
        """Other sizes for the same symbols."""
        return Sizes({symbol: _OTHER.get(size, size + 1) for symbol, size in self.items()})

    def samples(self, count: int) -> Sizes:
        """So many samples; all else the same."""
        return Sizes({**self, **{name: count for name in self if name.lower() in _SAMPLES_ARE}})


def _size(expression: str, sizes: Mapping[str, int]) -> int:
    value: Any = eval(expression, {"__builtins__": {}}, sizes)
    return max(1, int(value))


def normal(*symbols: str) -> str:
    """The template of normal deviates."""
    return f"inputs.normal({', '.join(f'<{symbol}>' for symbol in symbols)})"


X: Final = normal("N", "D")
ROWS: Final = normal("R", "D")
LABELS: Final = "inputs.labels(<N>, <C>)"
BINARY: Final = "inputs.labels(<N>, 2)"
SIGNS: Final = "2 * inputs.labels(<N>, 2) - 1"
ONE_HOT: Final = "np.eye(<C>)[inputs.labels(<N>, <C>)]"
POSITIVE: Final = "inputs.uniform(0.5, 2.0, <N>, <D>)"
SHARES: Final = "inputs.uniform(0.05, 0.95, <N>, <C>)"
SHARE: Final = "inputs.uniform(0.05, 0.95, <N>)"
COVARIANCE: Final = "np.cov(inputs.normal(<D>, 20))"
IMAGES: Final = "inputs.normal(<P>, 3, 6, 4)"
SEQUENCE: Final = normal("N", "T", "D")
WORDS: Final = "inputs.labels(<N>, 4).reshape(-1, 1) + inputs.labels(<T>, 3)"

ARRAYS: Final = (
    X, normal("N"), normal("D", "M"), normal("M"), normal("D"), normal("N", "M"), ROWS, LABELS,
    normal("N", "1"), normal("D", "1"), normal("D", "D"), SEQUENCE, IMAGES, BINARY, POSITIVE,
    SHARE, SHARES, normal("N", "N"),
)  # fmt: skip
OTHER_FORMS: Final = tuple(
    Kind(template) for template in (SEQUENCE, IMAGES, normal("T", "D", "1"), LABELS)
)
"""What may be meant by an array where a matrix is accepted as well."""
NUMBERS: Final = ("0.3", "2", "3", "1", "1.7", "-0.6", "0.05")
FUNCTIONS: Final = (
    "lambda v: float((np.asarray(v) ** 2).sum())",
    "np.tanh",
    "lambda v: 2 * np.asarray(v)",
    "lambda a, b: float(np.sum((np.asarray(a) - b) ** 2))",
)
INTEGERS: Final = ("3", "2", "4", "1", "5")
SCALAR: Final = "inputs.normal()"
_SAMPLES: Final = (X, normal("N"), SCALAR, IMAGES, SEQUENCE)
_TARGETS: Final = (
    LABELS,
    normal("N"),
    BINARY,
    normal("N", "1"),
    normal("N", "M"),
    SIGNS,
    ONE_HOT,
    X,
)
_WEIGHTS: Final = (normal("D", "M"), normal("D"), normal("D", "1"), X, normal("D", "C"), SCALAR)
_OFFSETS: Final = (normal("M"), "0.3", normal("1", "M"), normal("1"), normal("D"), normal("C"))
_RATES: Final = ("0.1", "0.05", "0.5", "0.01")
_COUNTS: Final = ("3", "2", "10", "1", "5")

BY_NAME: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        r"(x|data|inputs?|features|samples|points|imgs?|images|arr|array|a|matrix|vec|vector)"
        r"(_?(train|batch|in|tr|raw|1))?",
        _SAMPLES,
    ),
    (
        r"(x|data|samples|points|queries)_?(test|val|valid|new|query|pred|te|2|b)",
        (ROWS, X, normal("D")),
    ),
    (
        r"(prev|next|h0|h|hidden|state|c0|prev_h|prev_c)(_?\w)?",
        (normal("N", "H"), X, normal("H"), "4"),
    ),
    (
        r"(y|labels?|targets?|t|ys|classes|y_true|true|truth|gt)(_?(train|batch|true|test|val))?",
        _TARGETS,
    ),
    (
        r"(y_?(pred|hat)\w*|preds?|predictions?|yhat|outputs?|scores|logits|probs?|p_?hat)",
        (normal("N", "C"), normal("N"), SHARES, SHARE, LABELS, BINARY, X, normal("N", "1")),
    ),
    (r"(w|weights?|theta|coefs?|params?|kernel|w\d|w_?x|w_?h|wx|wh)", _WEIGHTS),
    (r"(b|bias|biases|intercept|offset|b\d)", _OFFSETS),
    (
        r"(gamma|scale|beta|shift|mu|mean|var|sigma|std)",
        (normal("D"), "0.9", normal("M"), "inputs.uniform(0.5, 1.5, <D>)", X),
    ),
    (r"(cov\w*|covariances?|sigmas?|precision|gram)", (COVARIANCE,)),
    (
        r"d[a-z]\w?|dout|dx|dw|dy|grad\w*|delta|upstream",
        (X, normal("N", "M"), normal("N", "C"), normal("D", "M"), normal("N"), SCALAR),
    ),
    (
        r"(lr|learning_?rate|alpha|eta|step_?size|reg\w*|lam\w*|l1\w*|l2\w*|decay|momentum|rho|"
        r"weight_decay|drop\w*|p|prob|ratio|tol\w*|eps\w*|epsilon|rate|temperature|threshold|"
        r"discount|c|penalty|smoothing)",
        _RATES,
    ),
    (
        r"(\w*in(puts?)?(_?(dim|size|features|channels|units))?|nin|n_in|fan_in|d|dim|n_features)",
        ("<D>",),
    ),
    (r"(\w*hid(den)?(_?(dim|size|units|features))?|n_hidden|h|hidden_\w+)", ("<H>", "[<H>, 3]")),
    (
        r"(\w*out(puts?)?(_?(dim|size|features|channels|units))?|nout|n_out|fan_out|"
        r"(n|num)_classes|classes|c)",
        ("<C>",),
    ),
    (
        r"(k|n|m|n_\w+|num_\w+|\w*iter\w*|epochs?|steps?|size|depth|max_\w+|min_\w+|degree|order|"
        r"dim|rank|count|length|batch_?size|window)",
        _COUNTS,
    ),
    (r"(strides?|dilation)", ("2", "1")),
    (r"(pad|padding)", ("1", "0")),
    (r"((pool|kernel|filter|window)_?(size|height|width|h|w|dim)?|ksize)", ("2", "3")),
    (r"(seed|random_?(state|seed))", ("0", "3")),
    (r"(verbose|debug|plot|show|print\w*)", ("False",)),
    (r"(shape|dims|dimensions)", ("(<N>, <D>)", "(<N>, 1)", "(<D>,)", "[<N>, <D>]", "<D>")),
    (
        r"(sizes|layers|layer_\w+|nouts|hidden_(dims|layers|sizes)|units|architecture)",
        ("[<D>, <H>, <C>]", "[<H>, <C>]"),
    ),
    (r"(i|j|idx|index|axis|class_idx|label|node|feature\w*)", ("1", "0", "2")),
    (r"(axes|dims?_?order|perm\w*)", ("(0, 1)", "(1, 0)", "(1,)", "(0,)")),
    (r"(mask|flags?)", ("inputs.labels(<N>, 2).astype(bool)", X)),
    (r"(text|string|s|word|name|sentence)", ("'abca'", "'the cat'")),
    (
        r"(words|tokens|items|names|documents?|corpus)",
        ("['a', 'b', 'a']", "[['a', 'b'], ['b']]"),
    ),
    (r"(edges|pairs)", ("[(0, 2), (1, 2), (2, 3)]",)),
    (r"(dtype)", ("np.float64",)),
)
"""What a parameter of a name in use in the field tends to be."""


def ranked(templates: Iterable[str], start: float = 0.0, step: float = 0.7) -> list[Kind]:
    """Kinds in the order given, each less likely than the one before."""
    return [
        Kind(template, start + step * at) for at, template in enumerate(dict.fromkeys(templates))
    ]


def varied(kinds: Iterable[Kind]) -> list[Kind]:
    """The kinds in another order: first one of each form, such as a matrix, then a second one."""
    met: Counter[tuple[str, int]] = Counter()
    turns: list[tuple[int, int, Kind]] = []
    for kind in kinds:
        form = kind.template.partition("(")[0] if kind.is_drawn else "", kind.template.count(",")
        turns.append((met[form], len(turns), kind))
        met[form] += 1
    return [kind for _, _, kind in sorted(turns, key=lambda turn: turn[:2])]


def named(name: str) -> list[Kind]:
    """What a parameter is by its name; empty where the name says nothing."""
    low = name.lower().strip("_")
    found: list[str] = []
    for pattern, templates in BY_NAME:
        if re.fullmatch(pattern, low):
            found += templates
    return ranked(found)


def anything() -> list[Kind]:
    """What is tried for a parameter of which nothing is known."""
    arrays = (*ARRAYS[:3], SCALAR, *NUMBERS[:2], *ARRAYS[3:10], *NUMBERS[2:], *ARRAYS[10:])
    mixed = (*arrays, "[0.5, -1.2, 2.0]", "[3, 1, 2]", "'abca'", "True")
    return ranked(mixed, start=0.5, step=0.35)


def from_default(source: str) -> list[Kind]:
    """The default itself, and others of its type."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return []
    own = Kind(source, 0.0)
    match value:
        case bool():
            return [own, Kind(str(not value), 1.0)]
        case int():
            return [
                own,
                *(Kind(code, 0.8 + at) for at, code in enumerate(INTEGERS) if code != source),
            ]
        case float():
            others = [f"{value * 3:.3g}", f"{value / 2:.3g}"] if 0 < abs(value) < 1e6 else []
            return [own, *(Kind(code, 0.8) for code in [*others, "0.25"])]
    return [own]


_SHAPE: Final = re.compile(
    r"(?:shape|size|dimensions?)?\s*[=:]?\s*[`\"']*[(\[]\s*(\w+(?:\s*[*+x-]\s*\w+)?"
    r"(?:\s*,\s*[\w .*+-]+)*,?)\s*[)\]]"
)
_ENTRY: Final = re.compile(
    r"^\s*(?:[-*+]|:param)?\s*`{0,2}([A-Za-z_]\w*(?:\s*,\s*\w+)*)`{0,2}\s*(\([^)]*\)\s*)?"
    r"(?:[:=]|\b(?:is|are|has|have|of)\b)\s*(.*)$"
)
_NOT_SIZES: Final = frozenset(
    {"float", "int", "bool", "str", "array", "ndarray", "list", "optional", "string", "integer",
     "dict", "boolean", "tuple", "callable", "function", "np", "numpy", "scalar", "or", "default"}
)  # fmt: skip


def documented(doc: str) -> dict[str, str]:
    """What a docstring says of each parameter."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in doc.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            current = [f"{entry[2] or ''} {entry[3]}"]
            for name in re.split(r"\s*,\s*", entry[1]):
                found.setdefault(name, current)
        elif line.strip():
            current.append(line.strip())
        else:
            current = []
    return {name: " ".join(lines) for name, lines in found.items()}


_CHOICES: Final = re.compile(
    r"\{\s*((?:'[^'{}]*'|\"[^\"{}]*\")(?:\s*(?:,|or|\|)\s*(?:'[^'{}]*'|\"[^\"{}]*\"))+)\s*\}"
)
_MANY: Final = re.compile(
    r"\b(arrays?|lists?|sequences?|tuples?)\s+of\b[^.;()]*\b(vectors?|arrays?|matrices|columns?)\b"
)


def described(text: str) -> list[Kind]:
    """What a parameter is by its description."""
    kinds: list[Kind] = []
    low = text.lower()
    choices = _CHOICES.search(text)
    if choices:
        return ranked(re.findall(r"'[^']*'|\"[^\"]*\"", choices[1]), step=0.1)
    many = _MANY.search(low)
    for match in _SHAPE.finditer(text):
        symbols = _symbols(match[1])
        if symbols and many and many.end() <= match.start():
            inside = ", ".join(f"<{symbol}>" for symbol in symbols)
            several = f"inputs.normal(<T>, {inside})"
            kinds.append(Kind(several if many[1].startswith("array") else f"list({several})"))
        if symbols:
            kinds += _shaped(symbols, low, 0.1 * len(kinds))
    if kinds:
        return kinds
    words = (
        (r"\b(integer|int)\b", INTEGERS),
        (r"\b(float|scalar)\b", NUMBERS),
        (r"\b(bool\w*)\b", ("True", "False")),
        (r"\b(labels?)\b", _TARGETS),
        (r"\b(matrix|ndarray|array|vector)\b", ARRAYS),
        (r"\b(list|sequence)\b", ("[0.5, -1.2, 2.0]", "[3, 1, 2]", X)),
        (r"\b(string|str)\b", ("'abca'",)),
    )
    for pattern, templates in words:
        if re.search(pattern, low):
            return ranked(templates, start=0.3)
    return []


def _symbols(text: str) -> list[str]:
    symbols = [part.strip() for part in text.split(",") if part.strip()]
    if "..." in symbols or ".." in symbols:
        symbols = [*[part for part in symbols if part.strip(".")][:2], "2"]
    clean = [re.sub(r"(?<=\d)(?=[A-Za-z])", "*", part) for part in symbols]
    fits = all(re.fullmatch(r"[\w\s*+-]+", part) for part in clean)
    words = {word.lower() for part in clean for word in re.findall(r"[A-Za-z_]\w*", part)}
    spoken = any(" " in part and not re.search(r"[*+-]", part) for part in clean)
    return clean if fits and not spoken and not words & _NOT_SIZES and words else []


def _shaped(symbols: list[str], low: str, cost: float) -> list[Kind]:
    shape = ", ".join(f"<{symbol}>" for symbol in symbols)
    kinds = [Kind(f"inputs.normal({shape})", cost + 0.2)]
    if re.search(r"\b(labels?|integers?|indices|index|class(es)?|words?|ids?)\b", low):
        if len(symbols) == 1:
            top = "V" if re.search(r"\b(words?|vocab\w*|ids?)\b", low) else "C"
            kinds.insert(0, Kind(f"inputs.labels({shape}, <{top}>)", cost))
        else:
            product = "*".join(f"({symbol})" for symbol in symbols)
            kinds.insert(0, Kind(f"inputs.labels(<{product}>, 3).reshape({shape})", cost))
    if re.search(r"\b(bool\w*|mask)\b", low):
        product = "*".join(f"({symbol})" for symbol in symbols)
        kinds.insert(0, Kind(f"inputs.labels(<{product}>, 2).reshape({shape}).astype(bool)", cost))
    if len(set(symbols)) == 1 < len(symbols) and re.search(r"covariance|definite", low):
        kinds.insert(0, Kind(f"np.cov(inputs.normal(<{symbols[0]}>, 20))", cost))
    if re.search(r"\b(prob\w*|positive|variance|sigma)\b", low):
        kinds.append(Kind(f"inputs.uniform(0.05, 0.95, {shape})", cost + 0.5))
    return kinds
