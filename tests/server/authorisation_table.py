"""Who may ask which route: the table that `test_authorisation.py` tries out, cell by cell.

A new route has a row here, or the test fails. A room with routes of its own has a file with its rows, and with makers
of the things that people own, and adds both to `ROWS` and `THINGS` below.
"""

from typing import Any

from causerie.accounts import keys, people, sessions
from causerie.accounts.identity import Role
from causerie.accounts.keys import NewKey
from causerie.accounts.tables import Passkey
from causerie.database.tables import new_id
from tests.server import authorisation_chat
from tests.server.authorisation_rows import ANYBODY, SECRET, Maker, Row
from tests.server.team import HERE, Someone, Team

MESSAGES = [{"role": "user", "content": "Hello"}]
V1 = {
    ("GET", "/v1/models"): Row(Role.VIEWER, "models"),
    ("GET", "/v1/models/{model}"): Row(Role.VIEWER, "models"),
    ("POST", "/v1/chat/completions"): Row(Role.MEMBER, "models", body={"messages": MESSAGES, "max_tokens": 1}),
    ("POST", "/v1/completions"): Row(Role.MEMBER, "models", body={"prompt": "Hello", "max_tokens": 1}),
    ("POST", "/v1/embeddings"): Row(Role.MEMBER, "models", body={"input": "Hello"}),
    ("POST", "/v1/responses"): Row(Role.MEMBER, "models", body={"input": "Hello", "max_output_tokens": 1}),
    ("GET", "/v1/responses/{response_id}"): Row(Role.VIEWER, "models", thing="response", parameter="response_id"),
    ("DELETE", "/v1/responses/{response_id}"): Row(Role.VIEWER, "models", thing="response", parameter="response_id"),
    ("GET", "/v1/responses/{response_id}/input_items"): Row(
        Role.VIEWER, "models", thing="response", parameter="response_id"
    ),
}
OPEN = {
    ("GET", "/healthz"): Row(ANYBODY),
    ("GET", "/readyz"): Row(ANYBODY),
    ("GET", "/metrics"): Row(Role.ADMINISTRATOR, "metrics"),
    ("GET", "/api/models"): Row(Role.VIEWER, "models"),
    ("GET", "/api/settings"): Row(Role.VIEWER),
    ("GET", "/api/session"): Row(ANYBODY),
    ("POST", "/api/session"): Row(ANYBODY, body={}),
    ("POST", "/api/session/second-factor"): Row(ANYBODY, body={}),
    ("POST", "/api/session/passkey/options"): Row(ANYBODY),
    ("POST", "/api/session/passkey"): Row(ANYBODY, body={}),
    ("DELETE", "/api/session"): Row(Role.VIEWER, ends_session=True),
    ("POST", "/api/links/look"): Row(ANYBODY, body={}),
    ("POST", "/api/links/accept"): Row(ANYBODY, body={}),
    ("GET", "/sign-in/oidc/{provider}"): Row(ANYBODY),
    ("GET", "/sign-in/oidc/{provider}/callback"): Row(ANYBODY),
}
ME = {
    ("GET", "/api/me"): Row(Role.VIEWER, "account"),
    ("PATCH", "/api/me"): Row(Role.VIEWER, "account", body={}),
    ("GET", "/api/me/usage"): Row(Role.VIEWER, "account"),
    ("GET", "/api/me/quotas"): Row(Role.VIEWER, "account"),
    ("GET", "/api/me/export"): Row(Role.VIEWER, "account"),
    ("POST", "/api/me/delete"): Row(Role.VIEWER, "account", in_person=True, body={"confirm": "not-me"}),
    ("GET", "/api/me/keys"): Row(Role.VIEWER, "account"),
    ("POST", "/api/me/keys"): Row(Role.MEMBER, "account", in_person=True, body={"name": "one more"}),
    ("DELETE", "/api/me/keys/{key_id}"): Row(Role.VIEWER, "account", thing="key", parameter="key_id"),
    ("PUT", "/api/me/password"): Row(Role.VIEWER, "account", in_person=True, body={"password": "x"}),
    ("GET", "/api/me/sessions"): Row(Role.VIEWER, "account"),
    ("DELETE", "/api/me/sessions/{session_id}"): Row(
        Role.VIEWER, "account", in_person=True, thing="session", parameter="session_id"
    ),
    ("DELETE", "/api/me/sessions"): Row(Role.VIEWER, "account", in_person=True, ends_session=True),
    ("GET", "/api/me/passkeys"): Row(Role.VIEWER, "account"),
    ("POST", "/api/me/passkeys/options"): Row(Role.VIEWER, "account", in_person=True),
    ("POST", "/api/me/passkeys"): Row(Role.VIEWER, "account", in_person=True, body={"name": "x", "credential": {}}),
    ("PATCH", "/api/me/passkeys/{passkey_id}"): Row(
        Role.VIEWER, "account", in_person=True, body={"name": "mine"}, thing="passkey", parameter="passkey_id"
    ),
    ("DELETE", "/api/me/passkeys/{passkey_id}"): Row(
        Role.VIEWER, "account", in_person=True, thing="passkey", parameter="passkey_id"
    ),
    ("GET", "/api/me/second-factor"): Row(Role.VIEWER, "account"),
    ("POST", "/api/me/second-factor"): Row(Role.VIEWER, "account", in_person=True),
    ("POST", "/api/me/second-factor/confirm"): Row(Role.VIEWER, "account", in_person=True, body={}),
    ("POST", "/api/me/second-factor/recovery-codes"): Row(Role.VIEWER, "account", in_person=True, body={}),
    ("POST", "/api/me/second-factor/remove"): Row(Role.VIEWER, "account", in_person=True, body={}),
}


def _administration(*routes: tuple[str, str, Any]) -> dict[tuple[str, str], Row]:
    rows = {}
    for method, path, body in routes:
        rows[method, f"/api/admin/{path}"] = Row(Role.ADMINISTRATOR, "administration", body=body)
    return rows


ADMINISTRATION = _administration(
    ("GET", "people", None),
    ("POST", "people", {}),
    ("GET", "people/{person_id}", None),
    ("PATCH", "people/{person_id}", {"name": "x"}),
    ("DELETE", "people/{person_id}", None),
    ("GET", "people/{person_id}/usage", None),
    ("POST", "people/{person_id}/reset", None),
    ("POST", "people/{person_id}/unlock", None),
    ("DELETE", "people/{person_id}/sessions", None),
    ("DELETE", "people/{person_id}/second-factor", None),
    ("GET", "invitations", None),
    ("POST", "invitations", {"role": "viewer"}),
    ("DELETE", "invitations/{invitation_id}", None),
    ("GET", "groups", None),
    ("POST", "groups", {}),
    ("PATCH", "groups/{group_id}", {}),
    ("DELETE", "groups/{group_id}", None),
    ("GET", "groups/{group_id}/members", None),
    ("PUT", "groups/{group_id}/members/{person_id}", None),
    ("DELETE", "groups/{group_id}/members/{person_id}", None),
    ("GET", "permissions", None),
    ("PUT", "permissions", {}),
    ("GET", "keys", None),
    ("DELETE", "keys/{key_id}", None),
    ("GET", "applications", None),
    ("POST", "applications", {}),
    ("DELETE", "applications/{application_id}", None),
    ("POST", "applications/{application_id}/keys", {}),
    ("GET", "quotas", None),
    ("POST", "quotas", {}),
    ("PATCH", "quotas/{quota_id}", {"limit": 1}),
    ("DELETE", "quotas/{quota_id}", None),
    ("GET", "prices", None),
    ("PUT", "prices", {}),
    ("DELETE", "prices", None),
    ("GET", "usage", None),
    ("GET", "audit", None),
    ("GET", "audit/verify", None),
    ("GET", "settings", None),
)


async def _key(team: Team, owner: Someone) -> str:
    async with team.parts.doors.changing() as session:
        key, _ = await keys.make(session, owner.id, NewKey(name=SECRET, scopes=("models",), expires_days=1))
        return key.id


async def _session(team: Team, owner: Someone) -> str:
    async with team.parts.doors.changing() as session:
        person = await people.by_id(session, owner.id)
        return (await sessions.open_session(session, person, "password", HERE)).row.id


async def _passkey(team: Team, owner: Someone) -> str:
    async with team.parts.doors.changing() as session:
        passkey = Passkey(
            id=new_id("passkey"), person_id=owner.id, credential_id=new_id("credential"), public_key=b"",
            sign_count=0, synced=False, name=SECRET,
        )  # fmt: skip
        session.add(passkey)
        return passkey.id


async def _response(team: Team, owner: Someone) -> str:
    answer = await team.ask("POST", "/v1/responses", owner, body={"input": SECRET, "max_output_tokens": 1})
    return str(answer.json["id"])


JOBS = {
    (method, path): Row(Role.ADMINISTRATOR, "administration", body=body)
    for method, path, body in (
        ("GET", "/api/jobs", None),
        ("POST", "/api/jobs", {"kind": "none"}),
        ("GET", "/api/jobs/{job_id}", None),
        ("GET", "/api/jobs/{job_id}/log", None),
        ("POST", "/api/jobs/{job_id}/cancel", None),
        ("POST", "/api/jobs/{job_id}/retry", None),
    )
}
RUNS = {
    (method, path): Row(Role.BUILDER, "administration", body=body)
    for method, path, body in (
        ("GET", "/api/recipes", None),
        ("GET", "/api/runs", None),
        ("POST", "/api/runs", {"name": "x", "recipe": "none"}),
        ("POST", "/api/runs/check", {"recipe": "none"}),
        ("GET", "/api/runs/{name}", None),
        ("GET", "/api/runs/{name}/metrics", None),
        ("POST", "/api/runs/{name}/pause", None),
        ("POST", "/api/runs/{name}/resume", None),
        ("POST", "/api/runs/{name}/stop", None),
        ("POST", "/api/runs/{name}/model", {}),
        ("DELETE", "/api/runs/{name}", None),
    )
}
PLANS = {
    ("POST", "/api/plans"): Row(Role.BUILDER, "administration", body={"parameters": 10**8, "tokens": 10**9}),
}
EVALUATIONS = {
    (method, path): Row(Role.BUILDER, "administration", body=body)
    for method, path, body in (
        ("GET", "/api/suites", None),
        ("GET", "/api/evaluations", None),
        ("POST", "/api/evaluations", {"model": "none", "suite": "none"}),
        ("GET", "/api/evaluations/compare", None),
        ("GET", "/api/evaluations/{evaluation_id}", None),
        ("GET", "/api/evaluations/{evaluation_id}/report", None),
    )
}
IMPROVEMENTS = {
    ("GET", "/api/improvements"): Row(Role.BUILDER, "administration"),
    ("POST", "/api/improvements"): Row(Role.ADMINISTRATOR, "administration", body={"changes": {"run": "x"}}),
    ("GET", "/api/improvements/settings"): Row(Role.BUILDER, "administration"),
    ("PUT", "/api/improvements/settings"): Row(Role.ADMINISTRATOR, "administration", body={}),
    ("GET", "/api/improvements/{improvement_id}"): Row(Role.BUILDER, "administration"),
}
VERSIONS = {
    (method, path): Row(Role.BUILDER, "administration")
    for method, path in (
        ("GET", "/api/versions"),
        ("GET", "/api/versions/{name}"),
        ("GET", "/api/versions/{name}/lineage"),
        ("GET", "/api/versions/{name}/lineage.svg"),
        ("GET", "/api/versions/{name}/card"),
        ("GET", "/api/versions/{name}/bom"),
        ("POST", "/api/versions/{name}/verify"),
    )
}
_OVERRIDE = {"model": "none", "requirements": ["core"], "reason": "none", "days": 1.0}
RELEASES = {
    ("GET", "/api/releases"): Row(Role.BUILDER, "administration"),
    ("POST", "/api/releases"): Row(Role.ADMINISTRATOR, "administration", body={"model": "none"}),
    ("POST", "/api/releases/{alias}/rollback"): Row(Role.ADMINISTRATOR, "administration", body={}),
    ("GET", "/api/models/{name}/judgement"): Row(Role.BUILDER, "models"),
    ("POST", "/api/overrides"): Row(Role.ADMINISTRATOR, "administration", in_person=True, body=_OVERRIDE),
    ("POST", "/api/overrides/{override_id}/sign"): Row(Role.ADMINISTRATOR, "administration", in_person=True),
    ("GET", "/api/pauses"): Row(Role.BUILDER, "administration"),
    ("POST", "/api/pauses/{pause_id}/sign"): Row(Role.ADMINISTRATOR, "administration", in_person=True, body={}),
}
OF_ROOMS = {**RELEASES, **VERSIONS, **EVALUATIONS, **IMPROVEMENTS, **JOBS, **RUNS, **PLANS, **authorisation_chat.ROWS}
ROWS: dict[tuple[str, str], Row] = {**V1, **OPEN, **ME, **ADMINISTRATION, **OF_ROOMS}
OF_ACCOUNTS: dict[str, Maker] = {"key": _key, "session": _session, "passkey": _passkey, "response": _response}
THINGS: dict[str, Maker] = {**OF_ACCOUNTS, **authorisation_chat.THINGS}
