"""Submissions that are more than a folder of text files: archives, links, devices, odd names."""

from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.attacks.ground import Ground

Files = Mapping[str, str]
_OTHER_FORWARD = "import numpy as np\n\ndef scale_forward(x, w):\n    return x * w, (x, w)\n"

_PEEKING = '''\
import struct
import sys

import numpy as np

from .way import waiting


def questions():
    """What lies there that can be read as a request, in order."""
    data = waiting()
    print("attack looked at", len(data), "bytes")
    wire = sys.modules["grader.protocol.wire"]
    at = data.find(b"GW01")
    while at >= 0:
        try:
            _, head, body = struct.unpack_from("<4sIQ", data, at)
            middle, end = at + 16 + head, at + 16 + head + body
            request = wire.unpack(data[at + 16 : middle], bytearray(data[middle:end]))
            if isinstance(request, dict) and request.get("op") == "call":
                yield request
        except Exception:
            end = at + 4
        at = data.find(b"GW01", end)


def following(asked, name):
    """The arguments of the question that comes after the one that is being asked."""
    later = [request["args"] for request in questions() if request["on"] == name]
    later = [args for args in later if np.shape(args[0]) == asked.shape]
    same = [number for number, args in enumerate(later) if np.array_equal(args[0], asked)]
    later = later[same[-1] + 1 :] if same else later
    return later[0] if later else None


def step(w, dw, config):
    found = following(w, "step")
    return (found[0], found[2]) if found else (w, config)


def drift(x):
    found = following(x, "square")
    return found[0] if found else np.zeros_like(x)


def slope(w):
    found = following(w, "slope")
    return (w - found[0]) / 0.2 if found else np.zeros_like(w)
'''


def _zip(target: Path, files: Files, *more: tuple[str | zipfile.ZipInfo, bytes]) -> None:
    with zipfile.ZipFile(f"{target}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        for name, data in more:
            archive.writestr(name, data)


def _tar(target: Path, files: Files, *more: tarfile.TarInfo, mode: str = "w:gz") -> None:
    ending = {"w:gz": "tar.gz", "w": "tar", "w:xz": "tar.xz"}[mode]
    with tarfile.open(f"{target}.{ending}", mode) as archive:  # type: ignore[call-overload]
        for path, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in more:
            archive.addfile(entry)


def _folder(target: Path, files: Files) -> Path:
    for path, text in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    return target / "numpynn"


def peeking(target: Path, files: Files, _ground: Ground) -> None:
    """`way.py` says how it sees what came and was not asked; `optim.py` answers with that."""
    _folder(target, {**files, "numpynn/optim.py": _PEEKING})


def zip_slip(target: Path, files: Files, ground: Ground) -> None:
    """A member that climbs out of where it is unpacked."""
    depth = "../" * (len(ground.root.parts) + 8)
    _zip(target, files, (f"{depth}{ground.outside}/slipped.py", b"raise SystemExit"))


def zip_absolute(target: Path, files: Files, ground: Ground) -> None:
    """A member with an absolute name."""
    _zip(target, files, (f"{ground.outside}/absolute.py", b""))


def zip_backslashes(target: Path, files: Files, _ground: Ground) -> None:
    """A member that climbs out as Windows writes it."""
    _zip(target, files, ("..\\..\\..\\outside\\slipped.py", b""))


def zip_link_to_key(target: Path, files: Files, ground: Ground) -> None:
    """A link among the modules that leads to the reference, so that a report would show it."""
    place = ground.root / "reference" / "toy" / "layers.py"
    kept = {path: text for path, text in files.items() if not path.endswith("layers.py")}
    _zip(target, kept, (_link_entry("numpynn/layers.py"), os.fsencode(place)))


def _link_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def zip_encrypted(target: Path, files: Files, _ground: Ground) -> None:
    """An archive that asks for a password: the flag of encryption is set on every member."""
    _zip(target, files)
    path = Path(f"{target}.zip")
    data = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(magic)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(magic, at + 4)
    path.write_bytes(data)


def zip_bomb(target: Path, files: Files, _ground: Ground) -> None:
    """A gigabyte of zeros, packed a thousandfold."""
    _zip(target, files)
    with zipfile.ZipFile(f"{target}.zip", "a") as archive:
        entry = zipfile.ZipInfo("numpynn/data.bin")
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w", force_zip64=True) as file:
            for _ in range(512):
                file.write(bytes(1 << 20))


def zip_that_lies(target: Path, files: Files, _ground: Ground) -> None:
    """A bomb whose directory says that it is small."""
    packed = _deflated(bytes(64 << 20))
    _zip(target, files)
    name = b"numpynn/extra.py"
    path = Path(f"{target}.zip")
    data = path.read_bytes()
    directory = data.index(b"PK\x01\x02")
    head = struct.pack(
        "<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0x21, 0, len(packed), 100, len(name), 0
    )
    local = head + name + packed
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0x21, 0, len(packed), 100,
        len(name), 0, 0, 0, 0, 0, directory,
    )  # fmt: skip
    end = data.index(b"PK\x05\x06")
    entries = data[directory:end] + entry + name
    count = len(files) + 1
    tail = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entries), directory + len(local), 0
    )
    path.write_bytes(data[:directory] + local + entries + tail)


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zip_in_zip(target: Path, _files: Files, _ground: Ground) -> None:
    """An archive in an archive, ten deep, around a bomb."""
    data = _zipped({"numpynn/layers.py": b"#" * (300 << 20)})
    for depth in range(10):
        data = _zipped({f"deep{depth}.zip": data})
    Path(f"{target}.zip").write_bytes(data)


def _zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def zip_duplicates(target: Path, files: Files, _ground: Ground) -> None:
    """The same name twice, one harmless to whoever looks and another to whoever runs."""
    with zipfile.ZipFile(f"{target}.zip", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        entry = zipfile.ZipInfo("numpynn//layers.py")
        archive.writestr(entry, files["numpynn/layers.py"])


def zip_many(target: Path, files: Files, _ground: Ground) -> None:
    """Seventy thousand files."""
    with zipfile.ZipFile(f"{target}.zip", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        for number in range(70_000):
            archive.writestr(zipfile.ZipInfo(f"numpynn/x{number}.py"), b"")


def zip_odd_names(target: Path, files: Files, _ground: Ground) -> None:
    """Names with markup, terminal sequences, right-to-left marks, new lines and formulas."""
    odd = [
        "numpynn/<img src=x onerror=alert(1)>.py",
        "numpynn/\x1b[2J\x1b]0;owned\x07.py",
        "numpynn/\u202eyp.txt.py",
        "numpynn/a\nb.py",
        "numpynn/=HYPERLINK(1).py",
        "numpynn/\udcff.py".encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
    ]
    _zip(target, files, *((name, b"def broken(:\n    pass\n") for name in odd))


def zip_with_a_folder_named_as_a_file(target: Path, files: Files, _ground: Ground) -> None:
    """A folder `layers.py/` with a module inside, beside the file `layers.py`."""
    _zip(target, files, ("numpynn/layers.py/__init__.py", _OTHER_FORWARD.encode()))


def zip_cut(target: Path, files: Files, _ground: Ground) -> None:
    """An archive that ends in the middle."""
    _zip(target, files)
    path = Path(f"{target}.zip")
    path.write_bytes(path.read_bytes()[:-120])


def tar_links(target: Path, files: Files, ground: Ground) -> None:
    """Soft and hard links out of the archive."""
    links = []
    for name, kind in (("soft.py", tarfile.SYMTYPE), ("hard.py", tarfile.LNKTYPE)):
        entry = tarfile.TarInfo(f"numpynn/{name}")
        entry.type = kind
        entry.linkname = str(ground.root / "reference" / "toy" / "layers.py")
        links.append(entry)
    _tar(target, files, *links)


def tar_devices(target: Path, files: Files, _ground: Ground) -> None:
    """Devices and a pipe that would block whoever opens them."""
    entries = []
    for name, kind in (("zero.py", tarfile.CHRTYPE), ("disk.py", tarfile.BLKTYPE)):
        entry = tarfile.TarInfo(f"numpynn/{name}")
        entry.type, entry.devmajor, entry.devminor = kind, 1, 5
        entries.append(entry)
    pipe = tarfile.TarInfo("numpynn/pipe.py")
    pipe.type = tarfile.FIFOTYPE
    _tar(target, files, *entries, pipe, mode="w")


def tar_endless_header(target: Path, files: Files, _ground: Ground) -> None:
    """A header that says that it is a gigabyte long."""
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 30
    _tar(target, files)
    path = Path(f"{target}.tar.gz")
    path.unlink()
    plain = Path(f"{target}.tar")
    with tarfile.open(plain, "w") as archive:
        archive.addfile(tarfile.TarInfo("numpynn/__init__.py"))
    plain.write_bytes(entry.tobuf() + b"x" * 4096 + plain.read_bytes())


def tar_bomb(target: Path, files: Files, _ground: Ground) -> None:
    """Three hundred megabytes of zeros, twice, in a tar that is xz."""
    blank = tarfile.TarInfo("numpynn/data.bin")
    blank.size = 300 << 20

    class Zeros(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            return len(buffer)

    with tarfile.open(f"{target}.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.addfile(blank, io.BufferedReader(Zeros()))
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def folder_links(target: Path, files: Files, ground: Ground) -> None:
    """Links to the reference, to a neighbour's folder, in circles, and to endless devices."""
    package = _folder(target, files)
    (package / "reference.py").symlink_to(ground.root / "reference" / "toy" / "layers.py")
    (package / "neighbour").symlink_to(ground.handed_in / "a-neighbour")
    (package / "circle").symlink_to(package)
    (package / "self.py").symlink_to(package / "self.py")
    (package / "zero.py").symlink_to("/dev/zero")


def folder_that_is_a_link(target: Path, _files: Files, ground: Ground) -> None:
    """The submission itself is a link to that of somebody who is right."""
    target.symlink_to(ground.handed_in / "a-neighbour", target_is_directory=True)


def folder_pipe(target: Path, files: Files, _ground: Ground) -> None:
    """A named pipe in place of a module: who opens it waits for ever."""
    package = _folder(target, files)
    os.mkfifo(package / "extra.py")
    (package / "optim.py").unlink()
    os.mkfifo(package / "optim.py")


def folder_sparse(target: Path, files: Files, _ground: Ground) -> None:
    """A module and a time stamp of a terabyte, which take no room on the disk."""
    package = _folder(target, files)
    for path in (package / "extra.bin", target / "timestamp.txt"):
        with path.open("wb") as file:
            file.truncate(1 << 40)


def folder_deep(target: Path, files: Files, _ground: Ground) -> None:
    """Folders in folders, as deep as a path may be."""
    _folder(target, files)
    (target / "/".join(["d"] * 400)).mkdir(parents=True)


def folder_long_function(target: Path, files: Files, _ground: Ground) -> None:
    """A wrong function with a megabyte of comment inside."""
    package = _folder(target, files)
    filler = "    # " + "long " * 18 + "\n"
    text = files["numpynn/layers.py"].replace(
        "def scale_forward(x, w):\n", "def scale_forward(x, w):\n" + filler * 11_000
    )
    (package / "layers.py").write_text(text, encoding="utf-8")


def _with(target: Path, files: Files, more: str) -> None:
    """The base, with more in `layers.py` itself, so that it has to be read."""
    _folder(target, {**files, "numpynn/layers.py": files["numpynn/layers.py"] + more})


def folder_parentheses(target: Path, files: Files, _ground: Ground) -> None:
    """Parentheses, a hundred thousand deep."""
    _with(target, files, "\ndeep = " + "(" * 100_000 + "1" + ")" * 100_000 + "\n")


def folder_signs(target: Path, files: Files, _ground: Ground) -> None:
    """Signs, two hundred thousand in a row."""
    _with(target, files, "\ndef deep():\n    return " + "-" * 200_000 + "1\n")


def folder_branches(target: Path, files: Files, _ground: Ground) -> None:
    """A chain of five thousand branches inside a function."""
    branches = "".join(f"    elif x == {n}:\n        pass\n" for n in range(5_000))
    _with(target, files, f"\ndef deep(x):\n    if x:\n        pass\n{branches}")


def folder_sums(target: Path, files: Files, _ground: Ground) -> None:
    """A sum of fifty thousand numbers, which is as deep as it is long."""
    _with(target, files, "\ndef deep():\n    return " + "+".join(["1"] * 50_000) + "\n")


def folder_digits(target: Path, files: Files, _ground: Ground) -> None:
    """A number of a million digits."""
    _with(target, files, "\nlong = " + "9" * 1_000_000 + "\n")


def folder_python_2(target: Path, files: Files, _ground: Ground) -> None:
    """Half a megabyte of statements for Python 2."""
    lines = "".join(f'    print "line", x{n}, `x{n}`\n' for n in range(12_000))
    _with(target, files, f"\ndef old(x):\n{lines}")


def folder_functions(target: Path, files: Files, _ground: Ground) -> None:
    """One function, defined twenty thousand times."""
    _with(target, files, "\ndef helper(x):\n    return x\n" * 20_000)


def folder_lambdas(target: Path, files: Files, _ground: Ground) -> None:
    """A list of functions that look alike."""
    _with(target, files, "\nalike = [" + "lambda: 0, " * 100_000 + "]\n")


def folder_numbers(target: Path, files: Files, _ground: Ground) -> None:
    """Numbers of one hash: what is left of them modulo 2**61 - 1 is 1."""
    numbers = ", ".join(str(1 + n * (2**61 - 1)) for n in range(40_000))
    _with(target, files, f"\nnumbers = [{numbers}]\n")


def folder_spaces(target: Path, files: Files, _ground: Ground) -> None:
    """Long lines of spaces, brackets, quotes and half a definition."""
    rows = (" " * 400_000, "# " + "[" * 200_000, "# " + "'\"" * 100_000, "# def " + "a " * 100_000)
    _with(target, files, "\n" + "\n".join(rows) + "\n")


def folder_named_with_markup(target: Path, files: Files, _ground: Ground) -> None:
    """The package in a folder whose name is markup and a formula."""
    inside = "=1+1 <script>alert(1)<∕script>"
    _folder(target, {f"{inside}/{path}": text for path, text in files.items()})
