"""The table of attacks in `docs/security.md`, made from runs.

    python -m tests.attacks.table RUNS

reads the runs that `make attacks` left in the folder RUNS and writes the table; exit code 1 if one
of them did not end as its record says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.attacks.judge import Run
from tests.attacks.records import Attack, attacks
from tests.attacks.settings import SETTINGS
from tests.support import REPOSITORY

DOCUMENT: Final = REPOSITORY / "docs" / "security.md"
BEGIN, END = "<!-- attacks: made by `make attacks` -->", "<!-- end of attacks -->"
_KINDS: Final = ("bubblewrap", "landlock", "none")
_NOT_STOPPED: Final = {
    "read": "**secret read**",
    "gained": "**points gained**",
    "left": "**something stays**",
    "reached": "**connection made**",
    "altered": "**something altered**",
    "skipped": "not run",
}


def rows() -> Iterator[str]:
    """The lines of the table that name every attack, by family."""
    family = ""
    for attack in attacks().values():
        if attack.family != family:
            family = attack.family
            yield from ("", f"**{family.capitalize()}**", "")
            yield "| attack | tries to | bubblewrap | landlock | none |"
            yield "|---|---|---|---|---|"
        usual = "allowed" if attack.allowed else "stopped"
        cells = [_NOT_STOPPED.get(attack.on.get(kind, ""), usual) for kind in _KINDS]
        yield f"| `{attack.id}` | {attack.tries}{_remark(attack)} | {' | '.join(cells)} |"


def _remark(attack: Attack) -> str:
    reasons = [text for text in (attack.why, attack.allowed) if text]
    return f" ({'; '.join(reasons)})" if reasons else ""


def summary(runs: Mapping[str, Run]) -> Iterator[str]:
    """One line a setting: how many attacks there were, and how many got what, as it was seen."""
    yield (
        "| setting | layers | attacks | gained points | more, as allowed | read a secret "
        "| processes left | CPU s |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name, run in runs.items():
        graded = [(a, result) for a in attacks().values() if (result := run.result_of(a))]
        more = [attack for attack, result in graded if run.gained(attack, result)]
        allowed = sum(bool(attack.allowed) for attack in more)
        read = sum(bool(run.secrets_in(result)) for _, result in graded)
        yield (
            f"| {name} | {', '.join(run.layers) or 'none'} | {len(graded)} "
            f"| {len(more) - allowed} | {allowed} | {read} "
            f"| {len(set(run.seen.processes))} | {run.seen.cpu_seconds:.0f} |"
        )


def complaints(runs: Mapping[str, Run]) -> Iterator[str]:
    """What did not end as the records say."""
    for name, run in runs.items():
        for text in run.common():
            yield f"{name}: {text}"
        for attack in attacks().values():
            yield from (f"{name}: {attack.id}: {text}" for text in run.complaints(attack))


def written(document: str, lines: Iterable[str]) -> str:
    """The document with the table in its place."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join(lines)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> None:
    """Write the table."""
    folder = Path(sys.argv[1])
    runs = {
        str(setting): Run(folder / setting.slug)
        for setting in SETTINGS
        if (folder / setting.slug).is_dir()
    }
    wrong = list(complaints(runs))
    print("\n".join(wrong) or f"{len(runs)} settings, {len(attacks())} attacks: all as recorded")
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(written(document, [*summary(runs), *rows()]), encoding="utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
