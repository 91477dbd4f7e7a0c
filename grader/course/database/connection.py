"""The database of a course: opened, brought up to date, read and written in transactions."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, inspect, make_url, text
from sqlalchemy.pool import NullPool

from grader.model.errors import InputError

LATEST: Final = "0007"
"""The revision that this version works with: that of the last file in `migrations/versions`."""
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_SECONDS: Final = 60
_READ_ONLY: Final = "SET TRANSACTION READ ONLY"
_LOCK: Final = 0x67726164
"""What writers of a Postgres database take in turn; any number that others do not use."""


class CourseDatabase:
    """A database that is there, and of this version."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name

    @classmethod
    def in_file(cls, path: Path) -> CourseDatabase:
        """Open the SQLite database in a file; as `open`."""
        url = URL.create("sqlite", database=str(path.absolute()))
        return cls.open(url, str(path))

    @classmethod
    def open(cls, url: str | URL, name: str) -> CourseDatabase:
        """Open the database at `url`, which people call `name`; it is made or brought up to date.

        Raises:
            InputError: it cannot be opened, is of a later version, or is something else.
        """
        database = cls(_engine(url, name), name)
        with database.reading() as connection:
            found = _revision(connection, name)
        if found != LATEST:
            with database.writing(keys=False) as connection:  # others may have been faster
                _bring_up_to_date(connection, name)
        return database

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the course throughout.

        Raises:
            InputError: the database cannot be read.
        """
        with self._named("read"), self._engine.connect() as connection:
            if not _is_sqlite(connection):
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                only = "PRAGMA query_only = ON" if _is_sqlite(connection) else _READ_ONLY
                connection.execute(text(only))
                yield connection

    @contextlib.contextmanager
    def writing(self, *, keys: bool = True) -> Iterator[Connection]:
        """A transaction: all of it is kept, or nothing. Writers wait for each other.

        Args:
            keys: whether SQLite watches foreign keys: a table that others refer to can only be
                made anew where it does not.

        Raises:
            InputError: the database cannot be written; nothing has changed then.
        """
        with self._named("written"), self._engine.connect() as connection:
            connection.info["writes"] = True
            if not keys and _is_sqlite(connection):
                _driver(connection).execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                if not _is_sqlite(connection):
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                yield connection

    @contextlib.contextmanager
    def _named(self, done: str) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            reason = " ".join(str(error.orig).split()).rstrip(".")
            hint = _hint(reason)
            raise InputError(f"{self._name}: cannot be {done}: {reason}.", hint=hint) from None


def shown_url(url: str) -> str:
    """A URL as it may be shown: without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except exc.ArgumentError:
        return "the URL under [database] in course.toml"


def _hint(reason: str) -> str:
    if "locked" in reason:
        return "Another command is writing to the course; try again when it is done."
    if "full" in reason or "disk I/O" in reason:
        return "Nothing was changed. Make room on the disk, then run the same command again."
    return ""


def _engine(url: str | URL, name: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            return create_engine(_with_driver(parsed), poolclass=NullPool)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite_engine(parsed)
    except (exc.ArgumentError, exc.NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        raise InputError(f"{name}: cannot be used: {error}.") from None
    hint = "Expected postgresql://user@host/name, or no URL at all for a file beside course.toml."
    raise InputError(f"{name}: is not a database that a course can be kept in.", hint=hint)


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if "+" not in url.drivername else url


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={"timeout": _BUSY_SECONDS, "autocommit": sqlite3.LEGACY_TRANSACTION_CONTROL}
        if hasattr(sqlite3, "LEGACY_TRANSACTION_CONTROL")
        else {"timeout": _BUSY_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # `BEGIN` is ours, so that schema changes are in it too
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # a reader that turned writer could meet another writer and fail, whatever it waits
    word = "IMMEDIATE" if connection.info.pop("writes", False) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {word}")


def _driver(connection: Connection) -> sqlite3.Connection:
    """The connection of SQLite itself, on which no transaction is begun for what is said."""
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _bring_up_to_date(connection: Connection, name: str) -> None:
    found = _revision(connection, name)
    if found == LATEST:
        return
    if found is not None and found not in _known_revisions():
        raise InputError(
            f"{name}: was made by a later version of gradewall (its revision is {found}, this one "
            f"knows up to {LATEST}).",
            hint="Install that version, or a later one.",
        )
    _migrate(connection)
    if _is_sqlite(connection) and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise InputError(f"{name}: refers to rows that are not there, so it was left as it is.")


def _revision(connection: Connection, name: str) -> str | None:
    """The revision of what is there; None of an empty database."""
    inspector = inspect(connection)
    if inspector.has_table("alembic_version"):
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    if there := inspector.get_table_names():
        found = ", ".join(sorted(there)[:3])
        raise InputError(
            f"{name}: holds something else than a course (the tables {found}).",
            hint="Name another database in course.toml.",
        )
    return None


def _known_revisions() -> set[str]:
    return {path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v[0-9]*.py")}


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
