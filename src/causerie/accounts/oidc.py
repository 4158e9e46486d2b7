"""Signing in at somebody else's: OpenID Connect, the authorization code flow with PKCE, state and nonce.

Does: send the browser to the provider, take what it brings back, verify what the provider says about the person.
Does not: decide whose account that is; `sign_in.py` does. Nor load authlib where nobody signs in so.
Form: https://openid.net/specs/openid-connect-core-1_0.html, RFC 7636, RFC 9207
"""

import hmac
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from pydantic_core import from_json

from causerie.accounts.tokens import new_token
from causerie.errors import SignInFailed, UpstreamUnavailable
from causerie.settings import OidcProvider

TIMEOUT_S = 10.0
MAX_ANSWER = 2**20
"""Bytes of any answer of a provider."""
METADATA_LASTS_S = 3600.0
LEEWAY_S = 60
"""By which clocks may differ."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures accepted: all with a public key; `none`, and secrets that clients share, are not."""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What the browser keeps while it is at the provider, out of reach of scripts."""

    provider: str
    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls, provider: str) -> Self:
        """A fresh one."""
        return cls(provider=provider, state=new_token(), nonce=new_token(), verifier=new_token())

    def text(self) -> str:
        """As a cookie's value."""
        return f"{self.provider}.{self.state}.{self.nonce}.{self.verifier}"

    @classmethod
    def read(cls, text: str) -> Self:
        """From a cookie's value.

        Raises:
            SignInFailed: It is none of ours.
        """
        parts = text.split(".")
        if len(parts) != 4:
            raise SignInFailed("this sign-in was not begun here, or took too long", hint="begin again")
        return cls(provider=parts[0], state=parts[1], nonce=parts[2], verifier=parts[3])


@dataclass(frozen=True, kw_only=True)
class Vouched:
    """A person as the provider knows them."""

    issuer: str
    subject: str
    name: str
    login: str
    """What it calls them (empty = it does not say)."""
    email: str | None
    """In small letters; only one that the provider has verified."""
    groups: frozenset[str] | None = None
    """Names of the groups they are in (None = it does not say)."""


class OidcClient:
    """This server, as a client of one provider.

    Args:
        provider: Which.
    """

    def __init__(self, provider: OidcProvider) -> None:
        self.provider = provider
        self._issuer = str(provider.issuer).rstrip("/")
        self._metadata: dict[str, Any] = {}
        self._fetched_at = 0.0

    async def begin(self, ticket: Ticket, redirect_uri: str) -> str:
        """The address to send the browser to.

        Raises:
            UpstreamUnavailable: The provider does not answer, or not as one.
        """
        from authlib.common.urls import add_params_to_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        metadata = await self._discovered()
        parameters = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.provider.scopes),
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": create_s256_code_challenge(ticket.verifier),
            "code_challenge_method": "S256",
        }
        return str(add_params_to_uri(metadata["authorization_endpoint"], parameters))

    async def finish(self, ticket: Ticket, redirect_uri: str, answer: dict[str, str]) -> Vouched:
        """Who came back.

        Args:
            ticket: From the cookie of the browser that came back.
            redirect_uri: As in `begin`.
            answer: The parameters that the provider put into the address.

        Raises:
            SignInFailed: The answer belongs to no question of this browser, the provider refused, or what it says
                cannot be trusted.
            UpstreamUnavailable: The provider does not answer.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), ticket.state.encode()):
            raise SignInFailed("this sign-in was not begun here, or took too long", hint="begin again")
        metadata = await self._discovered()
        if answer.get("iss", self._issuer).rstrip("/") != self._issuer:
            raise SignInFailed("the answer comes from another provider")
        if "code" not in answer:
            raise SignInFailed("{name} did not sign you in", name=self.provider.name)
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": redirect_uri,
            "client_id": self.provider.client_id,
            "code_verifier": ticket.verifier,
        }
        if (secret := self.provider.client_secret()) is not None:
            form["client_secret"] = secret.get_secret_value()
        tokens = await self._asked("POST", metadata["token_endpoint"], form)
        keys = await self._asked("GET", metadata["jwks_uri"])
        return self._vouched(self._verified(tokens, keys, ticket.nonce))

    def _verified(self, tokens: dict[str, Any], keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        expected = {
            "iss": {"essential": True, "values": [self._issuer, f"{self._issuer}/"]},
            "aud": {"essential": True, "value": self.provider.client_id},
            "sub": {"essential": True},
            "nonce": {"essential": True},
        }
        about = {"nonce": nonce, "client_id": self.provider.client_id, "access_token": tokens.get("access_token")}
        try:
            token = jwt.decode(str(tokens["id_token"]), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type] # what the provider sent
            claims = CodeIDToken(token.claims, token.header, expected, about)
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise SignInFailed("what {name} says cannot be trusted", name=self.provider.name) from error
        return dict(claims)

    def _vouched(self, claims: dict[str, Any]) -> Vouched:
        email = claims.get("email") if claims.get("email_verified") is True else None
        login = str(claims.get("preferred_username") or email or "")
        return Vouched(
            issuer=self._issuer,
            subject=str(claims["sub"])[:255],
            name=str(claims.get("name") or login)[:128],
            login=login,
            email=str(email).strip().lower() if email else None,
            groups=_groups(claims, self.provider.groups_claim) if self.provider.groups_claim else None,
        )

    async def _discovered(self) -> dict[str, Any]:
        if time.monotonic() - self._fetched_at > METADATA_LASTS_S or not self._metadata:
            found = await self._asked("GET", f"{self._issuer}/.well-known/openid-configuration")
            wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if str(found.get("issuer")).rstrip("/") != self._issuer or not all(
                _is_private(str(found.get(each))) for each in wanted
            ):
                raise UpstreamUnavailable("{name} does not answer as an OIDC provider", name=self.provider.name)
            self._metadata, self._fetched_at = found, time.monotonic()
        return self._metadata

    async def _asked(self, method: str, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
                session.request(
                    method, url, data=form, allow_redirects=False, headers={"accept": "application/json"}
                ) as answer,
            ):
                raw = await answer.content.read(MAX_ANSWER)
                if answer.status == 200:
                    found = _json(raw)
                    if found is not None:
                        return found
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UpstreamUnavailable("{name} does not answer", name=self.provider.name) from error
        if method == "POST" and 400 <= status < 500:
            raise SignInFailed("{name} did not sign you in", name=self.provider.name)
        raise UpstreamUnavailable("{name} does not answer as an OIDC provider", name=self.provider.name)


def _groups(claims: dict[str, Any], name: str) -> frozenset[str] | None:
    """What a claim says, which may lie within others: `realm_access.roles`. Without it, they are in no group."""
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, dict) and name in elsewhere:
        return None  # they are more than the token holds, and would have to be asked for
    found: Any = claims.get(name)
    if name not in claims:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return frozenset(each for each in listed if isinstance(each, str))


def _json(raw: bytes) -> dict[str, Any] | None:
    try:
        found = from_json(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _is_private(url: str) -> bool:
    """Whether what is sent there is read by nobody on the way: https, or this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
    return parts.scheme == "http" and here
