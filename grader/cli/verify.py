"""`grader verify`: prove the test bank."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from grader.cli import options
from grader.model.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from grader.verify.proof import Proof
    from grader.verify.prove import Wanted
    from grader.verify.seeds import Progress

_ONLY: Final = ("variants", "mistakes", "mutants", "idle", "seeds")
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def command(
    assignment: options.AssignmentName = "",
    seeds: Annotated[
        int, typer.Option(min=0, help="Number of seeds under which the reference must pass.")
    ] = 200,
    catalogue_seeds: Annotated[
        int,
        typer.Option(
            min=0,
            help="Number of seeds under which mistakes and variants must get the same outcomes.",
        ),
    ] = 3,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Parallel jobs; 0 = one per CPU.")
    ] = 0,
    only: Annotated[
        str, typer.Option(help="Run only one kind: variants, mistakes, mutants, idle or seeds.")
    ] = "",
    keyword: Annotated[
        str, typer.Option("-k", help="Only variants, mistakes and mutants with this in their id.")
    ] = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write everything to this file.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a page with the matrix to this file.")
    ] = None,
) -> None:
    """Prove the test bank: it must kill every fault, pass every valid variant, and never flake.

    The bank is run over the reference, its valid variants, the known mistakes and automatic
    mutants of the reference. Exit code 0: all that was run is as it should be; 1: something is
    amiss. The bank is proven only by a run that leaves nothing out.
    """
    for name in _THREADS:  # before NumPy is loaded: the processes are many already
        os.environ.setdefault(name, "1")

    from rich.console import Console

    from grader.assignment.folder import Assignment
    from grader.verify.proof_terminal import summary
    from grader.verify.prove import prove

    wanted = _wanted(only, keyword, seeds, catalogue_seeds, jobs)
    loaded = Assignment.load(assignment)
    console = Console(highlight=False, soft_wrap=True)
    with progress_bar(Console(stderr=True)) as progress:
        proof = prove(loaded, wanted, progress)
    console.print(summary(proof))
    _write(proof, json_file, html_file)
    raise typer.Exit(ExitCode.OK if proof.passed else ExitCode.CHECKS_FAILED)


def _wanted(only: str, keyword: str, seeds: int, catalogue_seeds: int, jobs: int) -> Wanted:
    from grader.batches.executors import default_jobs
    from grader.verify.proof import ProgramKind
    from grader.verify.prove import ALL, Wanted

    if only and only not in _ONLY:
        raise UsageError(f"--only {only}: expected one of {', '.join(_ONLY)}.")
    kinds = tuple(ProgramKind(only.removesuffix("s")) for _ in [0] if only not in ("", "seeds"))
    return Wanted(
        kinds=kinds if only else ALL,
        seeds=seeds if only in ("", "seeds") else 0,
        catalogue_seeds=catalogue_seeds if only in ("", "seeds") else 0,
        keyword=keyword,
        jobs=jobs or default_jobs(),
    )


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """A bar for work of several kinds, one after the other."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield progress


def _write(proof: Proof, json_file: Path | None, html_file: Path | None) -> None:
    if json_file:
        import msgspec

        _save(json_file, msgspec.json.format(msgspec.json.encode(proof), indent=1))
    if html_file:
        from grader.verify.proof_html import page

        _save(html_file, page(proof).encode())


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}.") from None
