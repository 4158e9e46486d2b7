"""Who a request is from, for the routes: the Gate has written it into the scope.

Does: give routes their caller, or refuse: `caller: Signed`, `caller: Administrator`; plain ASGI: `caller_of(scope)`.
Does not: recognise anyone; see `security.py` and `accounts/doorkeeper.py`.
"""

from typing import Annotated

from fastapi import Depends, Request
from starlette.types import Scope

from causerie.accounts.identity import Caller, Role
from causerie.errors import Forbidden, Unauthenticated

KEY = "causerie.caller"
"""Name of the caller in the ASGI scope."""


def caller_of(scope: Scope) -> Caller:
    """The caller of this request.

    Raises:
        Unauthenticated: Nobody: it came to an open path without a sign-in.
    """
    caller = scope.get(KEY)
    if not isinstance(caller, Caller):
        raise Unauthenticated("this needs a sign-in", hint="sign in, or send an API key")
    return caller


def signed_in(request: Request) -> Caller:
    """Dependency: anybody who is known here, in any role."""
    return caller_of(request.scope)


def member(request: Request) -> Caller:
    """Dependency: may ask models and keep things."""
    return _in_role(request, Role.MEMBER)


def builder(request: Request) -> Caller:
    """Dependency: may make what others use."""
    return _in_role(request, Role.BUILDER)


def administrator(request: Request) -> Caller:
    """Dependency: may administer."""
    return _in_role(request, Role.ADMINISTRATOR)


def in_person(request: Request) -> Caller:
    """Dependency: a person who has signed in. A key that leaks must not become an account.

    Raises:
        Forbidden: The caller showed a key.
    """
    caller = caller_of(request.scope)
    if caller.key_id is not None:
        raise Forbidden("an API key may not do this", hint="sign in on the page")
    return caller


def member_in_person(request: Request) -> Caller:
    """Dependency: both."""
    in_person(request)
    return member(request)


def _in_role(request: Request, needed: Role) -> Caller:
    caller = caller_of(request.scope)
    caller.require(needed)
    return caller


Signed = Annotated[Caller, Depends(signed_in)]
Member = Annotated[Caller, Depends(member)]
Builder = Annotated[Caller, Depends(builder)]
InPerson = Annotated[Caller, Depends(in_person)]
MemberInPerson = Annotated[Caller, Depends(member_in_person)]
Administrator = Annotated[Caller, Depends(administrator)]
ADMINISTRATORS = Depends(administrator)
"""For a router whose every route is theirs."""
BUILDERS = Depends(builder)
"""The same."""
