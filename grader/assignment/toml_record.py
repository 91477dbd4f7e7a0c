"""Records that are kept as TOML, one a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from grader.model.errors import InputError
from grader.model.toml_library import tomllib

Record = TypeVar("Record")


def read_record(path: Path, kind: type[Record], **more: Any) -> Record:
    """The record in a file; `more` are fields that the file need not name.

    Raises:
        InputError: it cannot be read, or is no such record; names the file, and the key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert({**more, **content}, kind)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: not valid TOML: {error}.") from None
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}.") from None
