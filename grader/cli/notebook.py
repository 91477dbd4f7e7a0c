"""`grader notebook`: the notebooks of one submission, run and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import arguments, options
from grader.model.errors import ExitCode

if TYPE_CHECKING:
    from grader.model.notebook_grade import Graded


def command(
    path: Annotated[Path, typer.Argument(help="The submission: a folder or an archive.")],
    assignment: options.AssignmentName = "",
    sandbox: options.SandboxKind = "auto",
    no_sandbox: options.Unsafe = False,
    lang: options.Language = "en",
) -> None:
    """Run the notebooks of one submission. Exit code 1: some cells did not do what they should."""
    from grader.assignment.folder import Assignment
    from grader.assignment.layout import find_rubric, with_notebooks
    from grader.course.export import refuse_class
    from grader.notebooks.notebook_grading import NotebookBench
    from grader.submission import load, single

    settings = arguments.settings(
        assignment=assignment, sandbox=sandbox, unsafe=no_sandbox, lang=lang
    )
    loaded = Assignment.load(with_notebooks(find_rubric(assignment)))
    refuse_class(arguments.existing(path), loaded.form)
    submission = load(
        single(arguments.existing(path)),
        contract=loaded.contract,
        form=loaded.form,
        given=loaded.given_files,
        notebooks=loaded.given_notebooks,
    )
    bench = NotebookBench(loaded, sandbox=settings.sandbox, lang=lang)
    try:
        graded = bench.grade(submission, path)
    finally:
        bench.close()
    show(graded)
    passed = all(check.outcome.value == "passed" for check in graded.checks)
    raise typer.Exit(ExitCode.OK if passed else ExitCode.CHECKS_FAILED)


def show(graded: Graded) -> None:
    """Print what became of each cell that did not end well, and of each value."""
    from rich.console import Console

    console = Console(soft_wrap=True, markup=False, highlight=False)
    for note in graded.notes:
        console.print(note)
    for notebook in graded.notebooks:
        console.print(f"{notebook.id}: {notebook.path or 'not submitted'}", style="bold")
        for note in notebook.notes:
            console.print(f"  {note}")
        for cell in notebook.cells:
            if cell.outcome.value not in ("ok", "text") or cell.restored:
                console.print(f"  {cell.id}: {cell.restored or cell.outcome.value} {cell.error}")
        for answer in notebook.answers:
            console.print(f"  question {answer.question}: {answer.state}, {answer.words} words")
    for check in graded.checks:
        if check.outcome.value != "passed":
            console.print(f"{check.outcome.value}: {check.title}. {check.message}")
    passed = sum(check.outcome.value == "passed" for check in graded.checks)
    console.print(f"{passed} of {len(graded.checks)} passed.")
