"""How well copies are told from honest work, against copydetect and Dolos on the same classes.

    python benchmarks/similar.py [--seeds 101 102 103 104 105] [--environments FOLDER]
    python benchmarks/similar.py --large 2000

A class is 40 honest solutions and 60 disguised copies of some of them (`tests/similarity`). Two who
have the same original are a pair to be found, two copies of it too. Average precision is over the
ranking of all 4,950 pairs; `first 40` is the share of such pairs among the first 40. All three get
the template. copydetect and `@dodona/dolos-lib` are run with their defaults and with shorter
passages, and the better is shown, too. They are installed once, if FOLDER does not hold them.

Seconds are the wall time of whole processes, which run in turns; megabytes are the most that one of
their processes held, of ours that of the parent and of two children together.

With `--large` so many modules, each of three solutions, are compared by the command itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.similarity import honest
from tests.similarity.labelled_class import LabelledClass, labelled_class

JOBS: Final = 2
OURS: Final = """
import json, resource, sys
from pathlib import Path
from grader.similarity.compared_class import compared_class
from grader.similarity.comparison import Comparison
from grader.similarity.given_code import FileChoice, given_code
folder, template, jobs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
compared = compared_class(folder)
comparison = Comparison(compared, given_code(templates=[template]), FileChoice(), jobs=jobs)
names = [each.source.name for each in compared]
pairs = [
    [names[i], names[j], float(comparison.scores[i, j])]
    for i in range(len(names)) for j in range(i + 1, len(names))
]
own, child = (resource.getrusage(who).ru_maxrss for who in (0, -1))
print(json.dumps({"pairs": pairs, "kb": own + jobs * child}))
"""
COPYDETECT: Final = """
import json, os, resource, sys
from copydetect import CopyDetector
folder, template, noise = sys.argv[1], sys.argv[2], int(sys.argv[3])
found = CopyDetector(
    test_dirs=[folder], boilerplate_dirs=[os.path.dirname(template)], extensions=["py"],
    noise_t=noise, guarantee_t=noise, display_t=0, autoopen=False, silent=True,
)
found.run()
name = lambda path: os.path.basename(os.path.dirname(str(path)))
pairs = []
for i, one in enumerate(found.test_files):
    for j, other in enumerate(found.ref_files):
        if name(one) < name(other):
            scores = [max(0.0, float(s)) for s in found.similarity_matrix[i, j]]
            pairs.append([name(one), name(other), *scores])
print(json.dumps({"pairs": pairs, "kb": resource.getrusage(0).ru_maxrss}))
"""
DOLOS: Final = """
import { Dolos } from "@dodona/dolos-lib";
import fs from "fs";
import path from "path";
const [folder, template, length, window] = process.argv.slice(2);
const names = fs.readdirSync(folder).sort();
const files = names.map((name) => path.join(folder, name, "layers.py"));
const dolos = new Dolos({ language: "python", kgramLength: +length, kgramsInWindow: +window });
const report = await dolos.analyzePaths(files, template);
const name = (file) => path.basename(path.dirname(file.path));
const pairs = report.allPairs().map((p) => [
  ...[name(p.leftFile), name(p.rightFile)].sort(), p.similarity,
  p.longest, p.overlap,
]);
console.log(JSON.stringify({ pairs, kb: process.resourceUsage().maxRSS }));
"""


class Measured(NamedTuple):
    """How well one tool did on one class."""

    precision: float
    """Average precision."""
    first: float
    """Share of true pairs among the first 40."""
    seconds: float
    megabytes: float


Run = Callable[[Path, Path], dict[str, Any]]


def average_precision(ranked: Sequence[bool]) -> float:
    """The mean of the precision at each true pair."""
    hits, total = 0, 0.0
    for rank, is_true in enumerate(ranked, start=1):
        if is_true:
            hits += 1
            total += hits / rank
    return total / hits


def judged(labelled: LabelledClass, pairs: Sequence[Sequence[Any]]) -> tuple[float, float]:
    """Average precision and the share of copies among the first 40; ties rank as bad as they can.

    Of several scores of a tool that which does best counts.
    """
    best = (0.0, 0.0)
    for column in range(2, len(pairs[0])):
        ranked = sorted(
            ((float(pair[column]), labelled.is_copy(pair[0], pair[1])) for pair in pairs),
            key=lambda each: (-each[0], each[1]),
        )
        truth = [is_true for _, is_true in ranked]
        best = max(best, (average_precision(truth), sum(truth[:40]) / 40))
    return best


def process(command: Sequence[str | Path], cwd: Path | None = None) -> dict[str, Any]:
    """What a process printed as JSON.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}:\n{done.stdout}\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(folder: Path, template: Path) -> dict[str, Any]:
    """Ours."""
    return process([sys.executable, "-c", OURS, folder, template, str(JOBS)])


def copydetect(environments: Path, noise: int) -> Run:
    """copydetect, with passages of at least so many characters."""
    python = environments / "copydetect" / "bin" / "python"
    if not python.exists():
        venv.create(environments / "copydetect", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "copydetect"], check=True)
    return lambda folder, template: process(
        [python, "-c", COPYDETECT, folder, template, str(noise)]
    )


def dolos(environments: Path, length: int, window: int) -> Run:
    """Dolos, with passages of so many nodes, one of so many kept."""
    home = environments / "dolos"
    if not (home / "node_modules" / "@dodona" / "dolos-lib").is_dir():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "@dodona/dolos-lib"], cwd=home, check=True)
    script = home / "run.mjs"
    script.write_text(DOLOS, encoding="utf-8")
    return lambda folder, template: process(
        ["node", script, folder, template, str(length), str(window)]
    )


def measure(labelled: LabelledClass, run: Run) -> Measured:
    """One tool on one class."""
    with tempfile.TemporaryDirectory() as place:
        folder = labelled.write(Path(place, "students"))
        template = Path(place, "template", "layers.py")
        template.parent.mkdir()
        template.write_text(honest.template(), encoding="utf-8")
        start = time.perf_counter()
        found = run(folder.resolve(), template.resolve())
        seconds = time.perf_counter() - start
    precision, first = judged(labelled, found["pairs"])
    return Measured(precision, first, seconds, found["kb"] / 1024)


def compare(seeds: Sequence[int], environments: Path) -> None:
    """All tools on all classes."""
    tools: dict[str, Run] = {
        "grader similar": ours,
        "copydetect (25)": copydetect(environments, 25),
        "copydetect (5)": copydetect(environments, 5),
        "Dolos (23, 17)": dolos(environments, 23, 17),
        "Dolos (10, 5)": dolos(environments, 10, 5),
    }
    found: dict[str, list[Measured]] = {name: [] for name in tools}
    for seed in seeds:
        labelled = labelled_class(seed)
        for name, run in tools.items():
            found[name].append(measure(labelled, run))
    print(f"{len(seeds)} classes of 40 honest solutions and 60 disguised copies (seeds {seeds})")
    print(f"{'':18}{'average precision':>26}{'first 40':>16}{'seconds':>9}{'MB':>6}")
    for name, all_ in found.items():
        precisions, firsts = [m.precision for m in all_], [m.first for m in all_]
        print(
            f"{name:18}{statistics.mean(precisions):10.3f} ({min(precisions):.3f} to "
            f"{max(precisions):.3f}){min(firsts):8.3f} to {max(firsts):.3f}"
            f"{statistics.median(m.seconds for m in all_):8.1f}"
            f"{max(m.megabytes for m in all_):6.0f}"
        )


def large(size: int) -> None:
    """The command on a large class."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "students")
        lines = 0
        for number in range(size):
            text = _long_module(number)
            lines += text.count("\n")
            (folder / f"s{number:05}").mkdir(parents=True)
            (folder / f"s{number:05}" / "layers.py").write_text(text, encoding="utf-8")
        template = Path(place, "template.py")
        template.write_text(honest.template(), encoding="utf-8")
        command = ["similar", folder, "-t", template, "-o", Path(place, "out"), "-j", str(JOBS)]
        start, before = time.perf_counter(), os.times()
        done = subprocess.Popen([sys.executable, "-m", "grader", *map(str, command)], cwd=place)
        _, status, used = os.wait4(done.pid, 0)
        seconds, after = time.perf_counter() - start, os.times()
    assert status == 0
    cpu = used.ru_utime + used.ru_stime
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"{size:,} modules of {lines // size} lines: {seconds:.1f} s on {JOBS} processors")
    print(f"processor time {cpu:.1f} s ({after.children_user - before.children_user:.1f} s user)")
    print(f"largest process {max(used.ru_maxrss, child) / 1024:.0f} MB")


def _long_module(number: int) -> str:
    """Three solutions in one module, with functions of their own names."""
    parts = [honest.solution(3 * number + part) for part in range(3)]
    draw = random.Random(number)
    names = "|".join(honest.SIGNATURES)
    texts = [re.sub(rf"\b({names})\b", rf"\1_{at}", text) for at, text in enumerate(parts)]
    draw.shuffle(texts)
    return "\n\n".join(texts)


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103, 104, 105])
    parser.add_argument("--environments", type=Path, default=Path("build/rivals"))
    parser.add_argument("--large", type=int, default=0)
    given = parser.parse_args()
    if given.large:
        large(given.large)
    else:
        compare(given.seeds, given.environments.resolve())


if __name__ == "__main__":
    main()
