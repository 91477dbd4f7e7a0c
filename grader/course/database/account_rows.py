"""Accounts of a course's desk and who is signed in, in and out of its tables."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, delete, insert, select, update

from grader.course.accounts import Account, AccountSession, TokenKind
from grader.course.database.tables import accounts, sessions


def read_accounts(connection: Connection) -> list[Account]:
    """Every account, by name."""
    query = select(accounts.c.name, accounts.c.role, accounts.c.sections)
    return [
        Account(name=row.name, role=row.role, sections=row.sections)
        for row in connection.execute(query.order_by(accounts.c.name))
    ]


def put_account(connection: Connection, account: Account) -> None:
    """Write an account, in place of that of its name, whose password stays."""
    values = {"role": account.role, "sections": account.sections}
    here = accounts.c.name == account.name
    if not connection.execute(update(accounts).where(here).values(values)).rowcount:
        connection.execute(insert(accounts).values(name=account.name, **values))


def delete_account(connection: Connection, name: str) -> None:
    """Remove an account; whoever is signed in with it is not any more."""
    end_sessions(connection, name)
    connection.execute(delete(accounts).where(accounts.c.name == name))


def password_of(connection: Connection, name: str) -> str:
    """The hash of an account's password; empty where it has none, or there is no account."""
    query = select(accounts.c.password).where(accounts.c.name == name)
    return connection.execute(query).scalar() or ""


def set_password(connection: Connection, name: str, kept: str) -> None:
    """Keep the hash of an account's password."""
    connection.execute(update(accounts).where(accounts.c.name == name).values(password=kept))


def add_session(
    connection: Connection,
    name: str,
    digest: str,
    *,
    kind: TokenKind,
    made: dt.datetime,
    expires: dt.datetime,
) -> None:
    """Let the holder of a token in; those whose time is over are forgotten."""
    connection.execute(delete(sessions).where(sessions.c.expires <= made))
    values = {"token": digest, "account": name, "kind": kind, "made": made, "expires": expires}
    connection.execute(insert(sessions).values(values))


def read_session(
    connection: Connection, digest: str, kind: TokenKind, now: dt.datetime
) -> AccountSession | None:
    """Whose token it is; None where it is nobody's, or its time is over."""
    query = (
        select(accounts.c.name, accounts.c.role, accounts.c.sections, sessions)
        .join(accounts, accounts.c.name == sessions.c.account)
        .where(sessions.c.token == digest, sessions.c.kind == kind, sessions.c.expires > now)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    account = Account(name=row.name, role=row.role, sections=row.sections)
    return AccountSession(account=account, made=row.made, expires=row.expires)


def prolong_session(connection: Connection, digest: str, expires: dt.datetime) -> None:
    """Let a session last until then."""
    here = sessions.c.token == digest
    connection.execute(update(sessions).where(here).values(expires=expires))


def end_session(connection: Connection, digest: str) -> None:
    """Forget a token."""
    connection.execute(delete(sessions).where(sessions.c.token == digest))


def end_sessions(connection: Connection, name: str) -> None:
    """Forget every token of an account, links among them."""
    connection.execute(delete(sessions).where(sessions.c.account == name))
