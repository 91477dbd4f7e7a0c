"""`grader doctor`: what is in force on this machine, and what to install."""

from __future__ import annotations

import typer

from grader.model.errors import ExitCode


def command() -> None:
    """Try every kind of sandbox by doing, and say what is in force and what to install."""
    from rich.console import Console

    from grader.grading.environment import environment
    from grader.sandbox.sandboxes import probe

    console = Console(highlight=False)
    for name, version in environment().items():
        console.print(f"{name:12} {version}", markup=False)
    probes = probe()
    for found in probes:
        state = "[green]works[/]" if found.ok else "[red]does not work[/]"
        console.print(f"\n[bold]{found.kind}[/]  {state}")
        console.print(f"  confirmed: {', '.join(found.layers) or 'nothing'}", markup=False)
        if not found.ok:
            console.print(f"  problem: {found.problem}", markup=False)
            console.print(f"  remedy: {found.remedy}", markup=False)
    used = next((found for found in probes if found.ok and found.kind != "none"), None)
    if used is None:
        console.print("\nNo sandbox works here: others' code cannot be graded safely.")
        raise typer.Exit(ExitCode.INPUT)
    console.print(f"\nIn force by default: {used.kind}")
