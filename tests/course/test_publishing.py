"""Pages on a web server: one name per student, stable, unguessable, with no page but theirs."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import pytest

from grader.course.publishing import PublishedPage, links_csv, load_state, publish
from grader.model.errors import InputError, UsageError
from grader.model.person import Person

NAMES = ("Ann", "ann", "Ａｎｎ", "../../etc/passwd", "=cmd", "Bob")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[PublishedPage]:
    """Everybody's page."""
    folder, every = tmp_path_factory.mktemp("pages"), []
    for n, name in enumerate(NAMES):
        page = folder / f"{n}.html"
        page.write_text(f"page of {n}", encoding="utf-8")
        every.append(PublishedPage(Person(key=name, name=name, email=f"{n}@u.edu"), page))
    return every


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_everybody_has_one_name_and_their_own_page_in_it(
    tmp_path: Path, pages: list[PublishedPage]
) -> None:
    out, state = tmp_path / "web", tmp_path / "out" / "published.json"
    links = publish(out, state, pages, "hw 1", "https://u.edu/p")
    assert len({link.place for link in links}) == len(pages)
    for link, page in zip(links, pages, strict=True):
        assert (out / link.place).read_bytes() == page.page.read_bytes()
        name, _, file = link.place.partition("/")
        assert len(name) == 26
        assert file == "hw-1.html"
        assert link.address == f"https://u.edu/p/{link.place}"
    named = {Path(file).name for file in tree(out)}
    assert named == {"hw-1.html", "index.html", "robots.txt"}


def test_names_stay_and_cannot_be_worked_out(tmp_path: Path, pages: list[PublishedPage]) -> None:
    one, state = tmp_path / "one", tmp_path / "a" / "published.json"
    first = publish(one, state, pages, "hw1")
    assert publish(one, state, pages, "hw1") == first
    later = publish(one, state, pages, "hw2")
    assert [e.place.split("/")[0] for e in later] == [e.place.split("/")[0] for e in first]
    other = publish(tmp_path / "two", tmp_path / "b" / "published.json", pages, "hw1")
    assert not {e.place for e in other} & {e.place for e in first}


def test_what_is_nobodys_any_more_is_removed_and_other_assignments_stay(
    tmp_path: Path, pages: list[PublishedPage]
) -> None:
    out, state = tmp_path / "web", tmp_path / "out" / "published.json"
    publish(out, state, pages, "hw1")
    (gone, *_), kept = publish(out, state, pages, "hw2"), pages[1:]
    publish(out, state, kept, "hw2")
    assert not (out / gone.place).exists()
    assert (out / gone.place.replace("hw2", "hw1")).read_bytes() == b"page of 0"
    assert load_state(state).files == sorted(
        file for file in tree(out) if Path(file).name in ("hw1.html", "hw2.html")
    )


def test_an_interrupt_costs_nobody_their_name(
    tmp_path: Path, pages: list[PublishedPage], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, state = tmp_path / "web", tmp_path / "out" / "published.json"
    replace = Path.replace

    def stopped(path: Path, target: Path) -> Path:
        if sum(name.endswith("hw1.html") for name in tree(out)) == 2:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        publish(out, state, pages, "hw1")
    before = {name for name in tree(out) if name.endswith("hw1.html")}
    monkeypatch.undo()
    after = {link.place for link in publish(out, state, pages, "hw1")}
    assert len(before) == 2
    assert before < after


def test_a_folder_of_something_else_is_not_published_into(
    tmp_path: Path, pages: list[PublishedPage]
) -> None:
    state = tmp_path / "out" / "published.json"
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds notes\.txt, which this command did not write"):
        publish(tmp_path / "web", state, pages, "hw1")
    for folder in (tmp_path, tmp_path / "out"):
        with pytest.raises(InputError, match="holds the results"):
            publish(folder, state, pages, "hw1")


def test_a_lost_secret_is_not_replaced_in_silence(
    tmp_path: Path, pages: list[PublishedPage]
) -> None:
    state = tmp_path / "published.json"
    for content in (b"{", b'{"secret": "no hex"}', b"[]"):
        state.write_bytes(content)
        with pytest.raises(InputError, match="the secret of everybody's address"):
            publish(tmp_path / "web", state, pages, "hw1")


def test_the_list_of_links_is_for_a_mail_merge(tmp_path: Path, pages: list[PublishedPage]) -> None:
    state = tmp_path / "out" / "published.json"
    links = publish(tmp_path / "web", state, pages, "hw1", "https://u.edu/p/")
    rows = list(csv.DictReader(io.StringIO(links_csv(links).decode("utf-8-sig"), newline="")))
    assert [row["email"] for row in rows] == [page.person.email for page in pages]
    assert [row["link"] for row in rows] == [link.address for link in links]
    assert rows[4]["name"] == "'=cmd"
    written = state.with_name("links.csv")
    assert written.read_bytes() == links_csv(links)
    assert not list((tmp_path / "web").rglob("*.csv"))


@pytest.mark.parametrize(
    "address", ["u.edu/pages", "ftp://u.edu", "https://u.edu/?a=b", "https://"]
)
def test_an_address_is_a_folders(tmp_path: Path, pages: list[PublishedPage], address: str) -> None:
    with pytest.raises(UsageError, match="--base-url"):
        publish(tmp_path / "web", tmp_path / "o" / "published.json", pages, "hw1", address)


def test_the_secret_is_for_its_owner_alone(tmp_path: Path, pages: list[PublishedPage]) -> None:
    state = tmp_path / "out" / "published.json"
    publish(tmp_path / "web", state, pages, "hw1")
    assert stat.S_IMODE(state.stat().st_mode) & 0o077 == 0
