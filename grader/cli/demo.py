"""`grader demo`: a class of invented students, made and graded."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from grader.cli import arguments, options
from grader.model.errors import ExitCode


def command(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for submissions, results and reports.")
    ] = Path("demo-out"),
    size: Annotated[
        int, typer.Option("--size", min=0, help="How many students; 0: the usual class.")
    ] = 0,
    assignment: options.AssignmentName = "",
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Parallel jobs; 0 = one per CPU.")
    ] = 0,
    sandbox: options.SandboxKind = "auto",
    lang: options.Language = "en",
) -> None:
    """Make a class of right, wrong, broken, hanging and cheating submissions, and grade it.

    They are made from the reference: as the assignment's `demo/students.toml` says or, without it,
    one for each of its mistakes and variants, or for some automatic mutants. Exit code 4: a result
    is not as its author deserves.
    """
    from grader.assignment.folder import Assignment
    from grader.assignment.layout import find_demo
    from grader.batches.executors import LocalExecutor
    from grader.batches.output import BatchOutput
    from grader.batches.run import Batch
    from grader.cli.batch_progress import show
    from grader.demo import claim, class_of, make_class, surprises
    from grader.submission import discover

    shown = str(find_demo(assignment))
    settings = arguments.settings(assignment=shown, sandbox=sandbox, lang=lang)
    loaded = Assignment.load(shown)
    members = class_of(loaded, size)
    folder = claim(out)
    make_class(members, folder, loaded)
    sources = discover(folder, loaded.form)
    language = arguments.language(lang)
    named = loaded.rubric.title.in_language(language)
    output = BatchOutput(out, title="demo", assignment=named, lang=language)
    with contextlib.closing(LocalExecutor(settings, jobs)) as executor:
        show(Batch(sources, executor, output=output, resume=False), len(sources), output)
    results = [result for source in sources if (result := output.result(source.id))]
    wrong = surprises(members, results)
    for line in wrong:
        typer.echo(f"Not as deserved: {line}", err=True)
    raise typer.Exit(ExitCode.INTERNAL if wrong else ExitCode.OK)
