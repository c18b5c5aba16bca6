"""Links by which people choose a password, and the second step of logging in. Its secrets are sealed by who calls (`seal.py`)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.people import Identity, User
from bot.store import rows
from bot.store.sessions import key_of
from bot.store.tables import PasswordLinkRow, RecoveryCodeRow, UserRow

LINK_LASTS: Final = timedelta(days=3)


class Access:
    """What lets people in besides their password. Tokens and recovery codes are kept as hashes only."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def make_link(self, user: User) -> str:
        """Return the token of a link by which somebody chooses a password, once; an earlier one opens nothing any more."""
        token = secrets.token_urlsafe(32)
        values = {"key": key_of(token), "user_id": user.id, "expires_at": datetime.now(UTC) + LINK_LASTS}
        made = insert(PasswordLinkRow).values(values)
        await self._session.execute(made.on_conflict_do_update(index_elements=["user_id"], set_=values))
        return token

    async def invited(self, token: str) -> User | None:
        """Return who may choose a password with this token."""
        query = (
            select(UserRow)
            .join(PasswordLinkRow, PasswordLinkRow.user_id == UserRow.id)
            .where(
                PasswordLinkRow.key == key_of(token),
                PasswordLinkRow.expires_at > datetime.now(UTC),
                UserRow.disabled_at.is_(None),
            )
            .with_for_update(of=PasswordLinkRow)  # of two who use it at once, the second finds it used
        )
        row = await self._session.scalar(query)
        return rows.user(row) if row else None

    async def drop_link(self, user_id: int) -> None:
        """Let a link open nothing any more."""
        await self._session.execute(delete(PasswordLinkRow).where(PasswordLinkRow.user_id == user_id))

    async def vouched_for(self, identity: Identity) -> tuple[User | None, bool]:
        """Return who signs in as this identity, and True where it was linked to them now, by an address that an admin gave."""
        known = await self._session.scalar(select(UserRow).filter_by(subject=identity.subject))
        if known is not None or identity.email is None:
            return (rows.user(known) if known else None), False
        nobodys = (UserRow.email == identity.email) & UserRow.subject.is_(None) & UserRow.disabled_at.is_(None)
        linked = update(UserRow).where(nobodys).values(subject=identity.subject).returning(UserRow)
        row = await self._session.scalar(linked)
        return (rows.user(row) if row else None), row is not None

    async def set_email(self, user_id: int, email: str | None) -> bool:
        """Let somebody sign in with this address, and no longer as whom they did before; False where it is another's."""
        others = select(UserRow.id).where(UserRow.email == email, UserRow.id != user_id)
        if email is not None and await self._session.scalar(others) is not None:
            return False
        changed = update(UserRow).where(UserRow.id == user_id).values(email=email, subject=None)
        await self._session.execute(changed)
        return True

    async def set_subject(self, user_id: int, subject: str) -> None:
        """Link somebody by hand, where a provider verifies no addresses."""
        await self._session.execute(update(UserRow).where(UserRow.id == user_id).values(subject=subject))

    async def second_step(self, user_id: int) -> str | None:
        """Return the sealed secret that somebody's codes are made with, or None where they log in by password alone."""
        return await self._session.scalar(
            select(UserRow.totp_secret).where(UserRow.id == user_id, UserRow.totp_since.is_not(None))
        )

    async def prepared(self, user_id: int) -> str | None:
        """Return the sealed secret that waits for its first code."""
        return await self._session.scalar(
            select(UserRow.totp_secret).where(UserRow.id == user_id, UserRow.totp_since.is_(None))
        )

    async def prepare(self, user_id: int, sealed: str) -> None:
        """Keep a sealed secret until a code proves that somebody has it; changes nothing where there is a second step."""
        await self._session.execute(
            update(UserRow).where(UserRow.id == user_id, UserRow.totp_since.is_(None)).values(totp_secret=sealed)
        )

    async def turn_on(self, user_id: int, recovery_codes: Iterable[str]) -> None:
        """Ask for a code from now on, or for one of these, each once."""
        now = datetime.now(UTC)
        await self._session.execute(update(UserRow).where(UserRow.id == user_id).values(totp_since=now))
        await self._session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
        values = [{"user_id": user_id, "key": key_of(code)} for code in recovery_codes]
        await self._session.execute(insert(RecoveryCodeRow), values)

    async def turn_off(self, user_id: int) -> None:
        """Ask for the password alone."""
        off = {"totp_secret": None, "totp_since": None, "totp_step": None}  # nosec B105
        await self._session.execute(update(UserRow).where(UserRow.id == user_id).values(off))
        await self._session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))

    async def use_step(self, user_id: int, step: int) -> bool:
        """True for the first code of a step of time; a code that somebody saw opens nothing a second time."""
        unused = or_(UserRow.totp_step.is_(None), UserRow.totp_step < step)
        used = update(UserRow).where(UserRow.id == user_id, unused).values(totp_step=step).returning(UserRow.id)
        return await self._session.scalar(used) is not None

    async def use_recovery_code(self, user_id: int, code: str) -> bool:
        """True for a recovery code that was not used before."""
        mine = (RecoveryCodeRow.user_id == user_id) & (RecoveryCodeRow.key == key_of(code))
        return await self._session.scalar(delete(RecoveryCodeRow).where(mine).returning(RecoveryCodeRow.id)) is not None

    async def recovery_codes_left(self, user_id: int) -> int:
        """Return how many recovery codes there are."""
        query = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id)
        return (await self._session.scalar(query)) or 0

    async def with_second_step(self) -> set[int]:
        """Return the ids of everybody who logs in with a second step."""
        return set(await self._session.scalars(select(UserRow.id).where(UserRow.totp_since.is_not(None))))
