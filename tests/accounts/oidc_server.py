"""A small real OpenID provider on loopback: discovery, authorization with PKCE, token, keys."""

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "causerie-test"
SECRET = "a-secret-of-the-test"


@dataclass
class OidcServer:
    """Who signs in next, and how the provider lies, for tests."""

    issuer: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "ada-1", "name": "Ada", "preferred_username": "ada"}
    )
    changed: dict[str, Any] = field(default_factory=dict)
    """Claims that are not what they should be."""
    algorithm: str = "RS256"
    refuses: bool = False
    forged: bool = False
    """The token is signed with a key that is not among the published ones."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """Parameters of each authorization."""
    tokens_given: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    _other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/.well-known/openid-configuration", self.discover),
            web.get("/authorize", self.authorize),
            web.post("/token", self.token),
            web.get("/keys", self.keys),
        ]

    async def discover(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        back = asked["redirect_uri"] + "?state=" + asked["state"]
        if self.refuses:
            raise web.HTTPFound(back + "&error=access_denied")
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        raise web.HTTPFound(f"{back}&code={code}&iss={self.issuer}")

    async def token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        asked = self._codes.pop(str(form.get("code")), None)
        challenge = urlsafe_b64encode(sha256(str(form.get("code_verifier")).encode()).digest()).rstrip(b"=").decode()
        right = (
            asked is not None
            and form.get("client_id") == CLIENT == asked["client_id"]
            and form.get("client_secret") == SECRET
            and form.get("redirect_uri") == asked["redirect_uri"]
            and challenge == asked["code_challenge"]
        )
        if not right or asked is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.tokens_given += 1
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 300,
            "nonce": asked["nonce"], **self.person, **self.changed,
        }  # fmt: skip
        key = self._other_key if self.forged else self._key
        token = jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, key)
        return web.json_response({"access_token": "nothing", "token_type": "Bearer", "id_token": token})

    async def keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self._key.as_dict(private=False)]})


@asynccontextmanager
async def oidc_server() -> AsyncIterator[OidcServer]:
    """The provider, until the context ends."""
    server, app = OidcServer(), web.Application()
    app.add_routes(server.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def provider_config(server: OidcServer, **more: str) -> str:
    """The `[[oidc]]` table of `causerie.toml`; the secret is in the variable `OIDC_SECRET`."""
    lines = "".join(f"{name} = {value}\n" for name, value in more.items())
    return (
        f'[[oidc]]\nid = "corp"\nname = "Corp"\nissuer = "{server.issuer}"\nclient_id = "{CLIENT}"\n'
        f'client_secret_env = "OIDC_SECRET"\n{lines}'
    )
