"""Who asks: a person, or a key that acts for one.

Does: name the roles and scopes, and say what each may.
Does not: find out who it is; `doorkeeper.py` does, from a cookie or a key.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from causerie.errors import Forbidden

LOCAL_OWNER_ID = "person_local"
"""The person of a causerie without accounts; the account that is made first takes this row over."""


class Role(StrEnum):
    """What a person may; each role may all that those after it may."""

    OWNER = "owner"
    """Names owners and administrators."""
    ADMINISTRATOR = "administrator"
    """People, groups, permissions, quotas, keys of others, the audit log."""
    BUILDER = "builder"
    """Makes what others use: applications, knowledge, runs."""
    MEMBER = "member"
    """Asks models, keeps conversations, makes keys."""
    VIEWER = "viewer"
    """Reads what is shared; asks no model."""

    @property
    def rank(self) -> int:
        """Place in the order, 0 the highest."""
        return list(Role).index(self)

    def may_act_as(self, needed: "Role") -> bool:
        """Whether this role may what `needed` may."""
        return self.rank <= needed.rank


Scope = Literal["models", "conversations", "account", "administration", "metrics"]
"""What a key may be used for: `/v1`; what a person works with; their account; the administration; figures."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
PERMISSIONS = {
    "ask_models": Role.MEMBER,
    "make_keys": Role.MEMBER,
    "build": Role.BUILDER,
    "administer": Role.ADMINISTRATOR,
    "own": Role.OWNER,
}
"""What the page shows or hides, and the least role for it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request is from."""

    person_id: str
    name: str
    role: Role
    scopes: frozenset[str] | None = None
    """What the key is for (None = all that the role may)."""
    key_id: str | None = None
    """The API key that was shown (None = a session, or no sign-in is needed)."""
    session_id: str | None = None
    """The session of the cookie (None = a key, or no sign-in is needed)."""

    def may(self, needed: Role) -> bool:
        """Whether the role is enough; what a key is for is checked by path, before this."""
        return self.role.may_act_as(needed)

    def require(self, needed: Role) -> None:
        """Refuse unless the role is enough.

        Raises:
            Forbidden: It is not.
        """
        if not self.may(needed):
            raise Forbidden("this needs the role {role}; yours is {own}", role=needed.value, own=self.role.value)

    @property
    def permissions(self) -> list[str]:
        """What this role may, in the page's words."""
        return [name for name, needed in PERMISSIONS.items() if self.may(needed)]


LOCAL_OWNER = Caller(LOCAL_OWNER_ID, "", Role.OWNER)
"""Who asks when nobody has an account."""
