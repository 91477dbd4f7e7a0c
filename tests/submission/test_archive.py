"""Archives, the hostile ones among them: one line each, and nothing is written anywhere."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import tarfile
import tempfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader.model.errors import InputError
from grader.submission import archive as archive_module
from grader.submission import discover
from grader.submission import files as tree_module
from tests.submission.samples import (
    LAYERS,
    PACKAGE,
    Files,
    read,
    remarks,
    tarred,
    write,
    zip_bytes,
    zipped,
)
from tests.support import FORM


def _refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(path.name)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("prefix", ["", "ann/", "./", "a/b c/assignment 2/"])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_an_archive_reads_as_its_folder_does(tmp_path: Path, make: object, prefix: str) -> None:
    folder = read(write(tmp_path / "ann", PACKAGE))
    packed = {prefix + name: content for name, content in PACKAGE.items()}
    path = tmp_path / "ann.zip"
    (zipped if make is zipped else tarred)(path, packed)
    archive = read(path)
    assert archive.digest == folder.digest
    assert (archive.files, archive.locations, archive.spans, archive.release) == (
        folder.files,
        folder.locations,
        folder.spans,
        folder.release,
    )


def test_the_digest_tells_contents_and_names_apart(tmp_path: Path) -> None:
    one = read(write(tmp_path / "a", {"layers.py": LAYERS, "b.py": "", "c.py": "x"})).digest
    two = read(write(tmp_path / "b", {"layers.py": LAYERS, "b.py": "x", "c.py": ""})).digest
    three = read(write(tmp_path / "c", {"layers.py": LAYERS + "#", "b.py": "", "c.py": "x"})).digest
    assert len({one, two, three}) == 3


def test_nothing_is_unpacked_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "ann.zip", PACKAGE)
    monkeypatch.chdir(write(tmp_path / "cwd", {}))
    read(path)
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["ann.zip", "cwd"]


def test_names_written_by_windows_are_understood(tmp_path: Path) -> None:
    path = zipped(tmp_path / "ann.zip", {"hw2\\numpynn\\layers.py": LAYERS})
    assert read(path).package == "hw2/numpynn"


def test_an_archive_is_known_by_its_contents(tmp_path: Path) -> None:
    assert read(tarred(tmp_path / "ann.zip", PACKAGE)).package == "numpynn"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../numpynn/layers.py", "leads outside"),
        ("a/../../layers.py", "leads outside"),
        ("..\\layers.py", "leads outside"),
        ("/etc/layers.py", "absolute name"),
        ("C:\\layers.py", "absolute name"),
    ],
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str, words: str) -> None:
    assert words in _refused(zipped(tmp_path / "eve.zip", {**PACKAGE, name: "x"}))
    assert words in _refused(tarred(tmp_path / "eve.tar.gz", {**PACKAGE, name: "x"}))


def test_an_encrypted_archive_is_named_as_such(tmp_path: Path) -> None:
    data = bytearray(zip_bytes({"layers.py": LAYERS}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at] |= 0x1
    (tmp_path / "eve.zip").write_bytes(data)
    assert "is encrypted (needs a password)" in _refused(tmp_path / "eve.zip")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x1f\x8b no gzip", b"BZh9 no"])
def test_a_damaged_archive_is_named_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "eve.zip").write_bytes(content)
    assert ("is damaged" if content else "is empty") in _refused(tmp_path / "eve.zip")


@pytest.mark.parametrize("magic", [b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c"])
def test_kinds_that_cannot_be_read_are_named(tmp_path: Path, magic: bytes) -> None:
    (tmp_path / "eve.zip").write_bytes(magic + bytes(100))
    assert "only zip and tar" in _refused(tmp_path / "eve.zip")


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_no_damage_brings_us_down(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"eve.{kind}"
    if kind == "zip":
        zipped(path, PACKAGE)
    else:
        tarred(path, PACKAGE, {"tar": "w"}.get(kind, f"w:{kind[4:]}"))
    whole = path.read_bytes()
    chance = random.Random(kind)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.randrange(len(data) // 2, len(data) + 1)])
        with suppress(InputError):
            read(path)


def test_a_bomb_in_a_zip_is_refused_by_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "_LARGE", 4 << 20)
    path = tmp_path / "eve.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("numpynn/layers.py", LAYERS)
        with archive.open("data.bin", "w") as entry:
            for _ in range(40):
                entry.write(bytes(1 << 20))
    assert "decompression bomb" in _refused(path)


def test_a_zip_that_lies_about_its_sizes_is_read_no_further_than_it_may_be(tmp_path: Path) -> None:
    data = bytearray(zip_bytes({"layers.py": b"#" * (8 << 20), "optim.py": "def sgd(): return 1"}))
    entry = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 100)
    struct.pack_into("<I", data, data.index(b"PK\x03\x04") + 22, 100)
    (tmp_path / "eve.zip").write_bytes(data)
    submission = read(tmp_path / "eve.zip")
    assert list(submission.files) == ["optim.py"]
    assert "Left out: layers.py cannot be read (damaged" in remarks(submission)


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_bomb_in_a_tar_is_stopped_while_it_unpacks(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "_LARGE", 4 << 20)
    path = tarred(tmp_path / "eve.tar", {"data.bin": bytes(40 << 20), **PACKAGE}, mode)
    assert "decompression bomb" in _refused(path)


def test_a_tar_header_of_endless_length_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("layers.py")
        entry.pax_headers = {"comment": "x" * (2 << 20)}
        archive.addfile(entry)
    (tmp_path / "eve.tar").write_bytes(buffer.getvalue())
    assert "decompression bomb" in _refused(tmp_path / "eve.tar")


def test_more_files_than_any_submission_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (tree_module, archive_module):
        monkeypatch.setattr(module, "MAX_MEMBERS", 20)
    many: Files = {f"{number}.txt": "" for number in range(21)}
    assert "more than 20 files" in _refused(zipped(tmp_path / "eve.zip", many))
    assert "more than 20 files" in _refused(tarred(tmp_path / "eve.tar.gz", many))
    assert "more than 20 files" in _refused(write(tmp_path / "eve", many))


def test_entries_are_counted_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "eve.zip", {f"{number}.txt": "" for number in range(21)})
    monkeypatch.setattr(archive_module, "MAX_MEMBERS", 20)
    monkeypatch.delattr(zipfile, "ZipFile")
    assert "more than 20 files" in _refused(path)


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    folder = write(tmp_path / "ann", PACKAGE)
    os.mkfifo(folder / "numpynn" / "pipe.py")
    assert "pipe.py" not in read(folder).files
    os.mkfifo(tmp_path / "pipe")
    assert "is not an ordinary file" in _refused(tmp_path / "pipe")


def test_a_python_file_of_a_hundred_megabytes_is_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "ann", PACKAGE)
    with (folder / "numpynn" / "huge.py").open("wb") as file:
        file.truncate(100 << 20)
    submission = read(folder)
    assert "huge.py" not in submission.files
    assert "Left out: huge.py is 100 MB long; up to 2 MB are read." in submission.notes


def test_a_module_of_a_hundred_megabytes_costs_its_own_functions(tmp_path: Path) -> None:
    folder = write(tmp_path / "ann", PACKAGE)
    with (folder / "numpynn" / "layers.py").open("wb") as file:
        file.truncate(100 << 20)
    submission = read(folder)
    assert submission.broken["affine_forward"].startswith("layers.py is 100 MB long")
    assert "sgd" not in submission.broken
    assert "affine_forward" not in submission.locations


def test_a_huge_file_alone_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "ann", {})
    with (folder / "layers.py").open("wb") as file:
        file.truncate(100 << 20)
    assert "layers.py is 100 MB long" in _refused(folder)


def test_an_archive_inside_is_opened_where_nothing_else_is_there(tmp_path: Path) -> None:
    inner = zip_bytes({f"repo/{name}": content for name, content in PACKAGE.items()})
    whole = read(write(tmp_path / "plain", PACKAGE))
    for path in (
        write(tmp_path / "ann", {"repo.zip": inner, "report.pdf": "x"}),
        zipped(tmp_path / "ann.zip", {"repo.zip": inner}),
        tarred(tmp_path / "ann.tar.gz", {"x/repo.zip": inner}),
    ):
        submission = read(path)
        assert submission.package.endswith("repo.zip/repo/numpynn")
        assert submission.digest == whole.digest
    beside = read(write(tmp_path / "bob", {**PACKAGE, "old.zip": inner}))
    assert beside.package == "numpynn"
    assert not beside.notes


def test_a_class_in_one_archive_is_recognised(tmp_path: Path) -> None:
    students: Files = {f"student{number}.zip": zip_bytes(PACKAGE) for number in range(6)}
    assert "holds 6 archives" in _refused(zipped(tmp_path / "class.zip", students))


def test_a_broken_archive_inside_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "ann.zip", {"repo.zip": b"PK\x03\x04 no zip"})
    assert _refused(path).startswith("ann.zip/repo.zip: is damaged")


def test_a_link_to_outside_is_never_read(tmp_path: Path) -> None:
    write(tmp_path / "secret", {"layers.py": LAYERS})
    folder = write(tmp_path / "eve", {"numpynn/optim.py": PACKAGE["numpynn/optim.py"]})
    (folder / "numpynn" / "layers.py").symlink_to(tmp_path / "secret" / "layers.py")
    (folder / "more").symlink_to(tmp_path / "secret")
    packed = tarred(
        tmp_path / "eve.tar",
        {"numpynn/optim.py": PACKAGE["numpynn/optim.py"]},
        "w",
        {"numpynn/layers.py": "../../secret/layers.py"},
    )
    for path in (folder, packed):
        submission = read(path)
        assert list(submission.files) == ["optim.py"]
        assert "layers.py is a link to outside the submission" in submission.broken["relu_forward"]


def test_a_link_alone_is_refused(tmp_path: Path) -> None:
    path = tarred(tmp_path / "eve.tar", {}, "w", {"layers.py": "/etc/passwd"})
    assert "layers.py is a link to outside the submission" in _refused(path)


def test_a_link_inside_is_followed(tmp_path: Path) -> None:
    files: Files = {"old/code.py": LAYERS, "numpynn/optim.py": "x = 1"}
    folder = write(tmp_path / "ann", files)
    (folder / "numpynn" / "layers.py").symlink_to("../old/code.py")
    (folder / "loop").symlink_to(folder)
    packed = tarred(tmp_path / "ann.tar", files, "w", {"numpynn/layers.py": "../old/code.py"})
    for path in (folder, packed):
        assert read(path).files["layers.py"].text == LAYERS


def test_a_link_to_nowhere_is_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "ann", PACKAGE)
    (folder / "numpynn" / "lost.py").symlink_to("nowhere.py")
    assert "lost.py is a link" in remarks(read(folder))


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Root may read everything; become somebody who may not."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_what_may_not_be_read_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        folder = write(root / "ann", PACKAGE)
        archive = zipped(root / "bob.zip", PACKAGE)
        shut = write(root / "cid", PACKAGE)
        for path in (folder / "numpynn" / "layers.py", archive, shut):
            path.chmod(0)
        with _as_nobody():
            reason = "layers.py may not be read (no permission)"
            assert read(folder).broken["relu_forward"] == reason
            assert "may not be read (no permission)" in _refused(archive)
            assert "may not be read (no permission)" in _refused(shut)
            problems = {source.id: source.problem for source in discover(root, FORM)}
        shut.chmod(0o755)
    assert not problems["ann"]
    assert problems["bob.zip"] == "bob.zip: may not be read (no permission)."
    assert problems["cid"] == "cid: may not be read (no permission)."


@pytest.mark.parametrize("size", [2**33, 2**37, 2**62])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("where", ["size", "pax"])
def test_a_member_that_claims_to_be_endless(
    tmp_path: Path, size: int, pack: Callable[[bytes], bytes], where: str
) -> None:
    """`tarfile` would look for the next one beyond it, block by block, for hours."""
    member = tarfile.TarInfo("data.bin")
    if where == "pax":
        member.pax_headers = {"size": str(size)}
        head = member.tobuf(tarfile.PAX_FORMAT)
    else:
        member.size = size
        head = member.tobuf(tarfile.GNU_FORMAT)
    path = tmp_path / "ann.tar"
    path.write_bytes(pack(head))
    before = time.process_time()
    assert "ends too early" in _refused(path)
    assert time.process_time() - before < 2


def test_headers_that_take_quadratic_time(tmp_path: Path) -> None:
    """In some versions of Python a header of a million digits takes half an hour."""
    digits = b"1" * 1_000_000
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, len(digits)
    path = tmp_path / "ann.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + digits + bytes(-len(digits) % 512))
    before = time.process_time()
    assert "far more than it should" in _refused(path)
    assert time.process_time() - before < 2


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": partial(lzma.compress, preset=0),
}


def _endless(kind: str, content: bytes, times: int) -> bytes:
    """`content` so many times, compressed, without being in memory at once."""
    packer: Any = {
        "gz": zlib.compressobj(wbits=31),
        "bz2": bz2.BZ2Compressor(),
        "xz": lzma.LZMACompressor(preset=0),
    }[kind]
    return b"".join([*(packer.compress(content) for _ in range(times)), packer.flush()])


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("where", ["alone", "behind", "inside"])
def test_a_bomb_of_zeros_is_called_what_it_is(tmp_path: Path, kind: str, where: str) -> None:
    """To `tarfile` a block of zeros is the end of an archive: it would be empty."""
    zeros = _endless(kind, bytes(1 << 20), 40)
    path = tmp_path / f"ann.tar.{kind}"
    if where == "inside":
        path = zipped(tmp_path / "ann.zip", {f"work.tar.{kind}": ""})
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"work.tar.{kind}", zeros)
    elif where == "behind":
        whole = tarred(tmp_path / "whole.tar", PACKAGE, "w").read_bytes()
        path.write_bytes(PACKERS[kind](whole + bytes(40 << 20)))
    else:
        path.write_bytes(zeros)
    tracemalloc.start()
    try:
        assert "decompression bomb" in _refused(path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", PACKERS)
def test_what_is_compressed_and_no_tar_is_called_that(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"ann.tar.{kind}"
    path.write_bytes(_endless(kind, b"x" * (1 << 20), 40))
    name = {"gz": "gzip", "bz2": "bzip2"}.get(kind, kind)
    assert f"is compressed with {name}, but what is in it is not a tar archive" in _refused(path)


@pytest.mark.parametrize("kind", PACKERS)
def test_padding_and_rests_behind_the_end_are_no_bomb(tmp_path: Path, kind: str) -> None:
    whole = tarred(tmp_path / "whole.tar", PACKAGE, "w").read_bytes()
    path = tmp_path / f"ann.tar.{kind}"
    path.write_bytes(PACKERS[kind](whole + bytes(1 << 20)) + b"\nsent by a mail program\n")
    assert read(path).digest == read(write(tmp_path / "ann", PACKAGE)).digest


@pytest.mark.parametrize(
    ("head", "said"),
    [(b"\x28\xb5\x2f\xfd", "zstd"), (b"\x1f\x9d\x90", "compress"), (b"\x04\x22\x4d\x18", "lz4"),
     (b"LZIP\x01", "lzip"), (b"Rar!\x1a\x07", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z")],
)  # fmt: skip
def test_compression_that_cannot_be_read_is_named(tmp_path: Path, head: bytes, said: str) -> None:
    path = tmp_path / "ann.tar.gz"
    path.write_bytes(head + bytes(100))
    assert said in _refused(path)
    assert "only zip and tar (gz, bz2, xz) can be read" in _refused(path)
