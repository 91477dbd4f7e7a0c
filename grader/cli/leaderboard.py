"""`grader leaderboard`: predictions in, a ranking out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from grader.cli import arguments, options

_NO_SECRET: Final = (
    "Everybody can compute these labels: they are of data that the template generates. "
    "Give out data of your own."
)
_SAME: Final = (
    "The same predictions: {names}. That is so for teams and shared baselines, too; neither page "
    "nor CSV says it."
)


def command(
    submissions: Annotated[
        Path,
        typer.Argument(help="A platform's export, or a folder of folders or archives."),
    ],
    labels: Annotated[
        Path, typer.Option("--labels", help="The hidden labels: .npy, or text with one a line.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for page and CSV.")],
    pseudonyms: Annotated[
        Path | None,
        typer.Option(help="CSV with `submission` and `pseudonym`; names that lack one get one."),
    ] = None,
    assignment: options.AssignmentName = "",
    export: options.ExportOf = "",
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Leaderboard",
    lang: options.Language = "en",
) -> None:
    """Rank predictions: DIR/leaderboard.html and DIR/leaderboard.csv."""
    from grader.assignment.data_service import served_data
    from grader.assignment.folder import Assignment
    from grader.course.open_class import open_class
    from grader.course.ranking import (
        anyone_knows,
        as_csv,
        rank,
        read_labels,
        with_pseudonyms,
        with_same_predictions,
    )
    from grader.report.atomic_write import write_atomically, write_pieces
    from grader.report.html import ranking_page

    language = arguments.language(lang)
    hidden = read_labels(labels)
    loaded = Assignment.load(assignment)
    if anyone_knows(hidden, served_data(loaded).known_labels):
        typer.echo(_NO_SECRET, err=True)
    with open_class(arguments.existing(submissions), loaded, chosen=export, lang=lang) as those:
        for line in those.lines():
            typer.echo(line)
        entries = rank(those.sources, hidden)
        for names in with_same_predictions(entries):
            typer.echo(_SAME.format(names=", ".join(names)))
        if pseudonyms is not None:
            entries = with_pseudonyms(entries, pseudonyms, those.names())
    page = ranking_page(entries, title=title, lang=language)
    write_atomically(out / "leaderboard.html", page.encode())
    write_pieces(out / "leaderboard.csv", as_csv(entries))
    scored = sum(not entry.problem for entry in entries)
    typer.echo(f"{scored} of {len(entries)} have a score.\nReport: {out / 'leaderboard.html'}")
