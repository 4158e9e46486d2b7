"""The second factor: codes of an authenticator application (TOTP, RFC 6238), and recovery codes on paper.

Does: set one up, confirm it with a first code, check codes; no code is good twice.
Does not: count wrong codes; `sign_in.py` does.
"""

import secrets
import time
from dataclasses import dataclass
from io import BytesIO

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.people import changed
from causerie.accounts.tables import Person, RecoveryCode, SecondFactor
from causerie.accounts.tokens import hash_of
from causerie.database.tables import now
from causerie.errors import Conflict, NotFound, SignInFailed

ISSUER = "causerie"
STEP_S = 30
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_RECOVERY_LENGTH = 16
"""Characters: 79 bits, too many to try, so that a plain hash is enough."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What an authenticator application needs, once."""

    secret: str
    uri: str
    svg: str
    """`uri` as a QR code."""


async def enabled(session: AsyncSession, person_id: str) -> bool:
    """Whether a code is asked for at sign-in."""
    row = await session.get(SecondFactor, person_id)
    return row is not None and row.confirmed_at is not None


async def set_up(session: AsyncSession, person: Person) -> Setup:
    """A new secret, to be confirmed; one that was not confirmed is replaced.

    Raises:
        Conflict: There is a second factor already.
    """
    if await enabled(session, person.id):
        raise Conflict("there is a second factor already", hint="remove it first")
    secret = pyotp.random_base32()
    await session.merge(SecondFactor(person_id=person.id, secret=secret, confirmed_at=None, last_step=0))
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.login or person.name, issuer_name=ISSUER)
    return Setup(secret=secret, uri=uri, svg=_svg(uri))


async def confirm(session: AsyncSession, person_id: str, code: str) -> list[str]:
    """Ask for codes from now on; the recovery codes, which are shown this once.

    Raises:
        NotFound: None was set up.
        SignInFailed: The code is wrong.
    """
    row = await session.get(SecondFactor, person_id, with_for_update=True)
    if row is None or row.confirmed_at is not None:
        raise NotFound("no second factor waits to be confirmed")
    if not await _accept_totp(session, row, code):
        raise SignInFailed("this code is wrong", param="code")
    row.confirmed_at = now()
    await changed(session)
    return await new_recovery_codes(session, person_id)


async def new_recovery_codes(session: AsyncSession, person_id: str) -> list[str]:
    """Ten new codes; those before are good no more."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(person_id=person_id, code_hash=_recovery_hash(person_id, code)) for code in codes)
    await session.flush()
    return ["-".join(code[place : place + 4] for place in range(0, _RECOVERY_LENGTH, 4)) for code in codes]


async def recovery_codes_left(session: AsyncSession, person_id: str) -> int:
    """Codes on paper that were not used yet."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == person_id)
    return await session.scalar(query) or 0


async def accept(session: AsyncSession, person_id: str, code: str) -> bool:
    """Whether the code is right, of either kind; it is used up."""
    row = await session.get(SecondFactor, person_id, with_for_update=True)
    if row is None or row.confirmed_at is None:
        return False
    typed = code.strip().lower().replace(" ", "").replace("-", "")
    if typed.isdecimal() and len(typed) == pyotp.TOTP(row.secret).digits:
        return await _accept_totp(session, row, typed)
    used = delete(RecoveryCode).where(RecoveryCode.code_hash == _recovery_hash(person_id, typed))
    return await session.scalar(used.returning(RecoveryCode.code_hash)) is not None


async def remove(session: AsyncSession, person_id: str) -> None:
    """Ask for no code any more."""
    await session.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    await changed(session)


async def _accept_totp(session: AsyncSession, row: SecondFactor, code: str) -> bool:
    step = int(time.time()) // STEP_S
    totp = pyotp.TOTP(row.secret, interval=STEP_S)
    # Clocks differ: the step before and the step after are good too. All are compared, whichever fits.
    fitting = [near for near in (step - 1, step, step + 1) if pyotp.utils.strings_equal(totp.at(near * STEP_S), code)]
    if not fitting:
        return False
    newer = update(SecondFactor).where(SecondFactor.person_id == row.person_id, SecondFactor.last_step < fitting[-1])
    accepted = await session.scalar(newer.values(last_step=fitting[-1]).returning(SecondFactor.person_id))
    return accepted is not None


def _recovery_hash(person_id: str, code: str) -> str:
    return hash_of(f"{person_id} {code}")


def _svg(uri: str) -> str:
    import segno  # not for every server that starts

    picture = BytesIO()
    segno.make(uri, error="m").save(
        picture, kind="svg", xmldecl=False, border=2, scale=4, svgclass=None, lineclass=None
    )
    return picture.getvalue().decode()
