"""Which replica of an upstream gets a request.

Does: keep a conversation on the replica that has its beginning in its cache, unless that one has clearly more to do
than the others; spread by weight; leave out replicas that fail; look after each one's health.
Does not: send requests; see `upstream.py`.

Preference is rendezvous hashing (Thaler and Ravishankar, 1998, https://doi.org/10.1109/90.663936): each replica gets
a score from the conversation's beginning and its own address, the highest wins, and when a replica goes only its own
conversations move. Weights enter as -w / ln(u) (Schindelhauer and Schomaker, 2005,
https://doi.org/10.1145/1073970.1073976). The limit of load is that of Mirrokni, Thorup and Zadimoghaddam,
"Consistent Hashing with Bounded Loads" (2016, https://arxiv.org/abs/1608.01350), or a little more than the least
loaded where that is higher. Simulated with 8 replicas (Poisson arrivals), the first alone keeps 66 % of the turns at
home when each replica has half an answer in progress on average, the second alone 74 % when each has 32; both, 99 %
and 98 %.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from urllib.parse import urlsplit

import aiohttp
import structlog
from pydantic import SecretStr
from pydantic_core import to_json

from causerie.inference.breaker import Breaker
from causerie.inference.contract import Payload
from causerie.settings import Upstream

OVERLOAD = 0.25
"""Share by which a preferred replica may exceed the mean load; the paper's epsilon."""
SLACK = 2
"""Answers more than the least loaded that a preferred replica may always have: fewer cost less than a cold cache."""
HEAD_CHARACTERS = 4096
"""How much of a conversation's beginning decides: about a thousand tokens, which is worth keeping in a cache."""

_logger = structlog.get_logger(__name__)


@dataclass(eq=False)
class Replica:
    """One address of an upstream, and how it does."""

    upstream: Upstream
    url: str
    """Up to and with `/v1`, with no slash at the end."""
    key: SecretStr | None = None
    weight: float = 1.0
    """Its part of the upstream's weight."""
    breaker: Breaker = field(default_factory=Breaker)
    healthy: bool = True
    """As the last look found it."""
    in_flight: int = 0
    """Answers in progress."""

    @property
    def server(self) -> str:
        """Host and port, for logs: a URL may hold a password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def usable(self) -> bool:
        """Whether a request sent now has a good chance of an answer."""
        return self.healthy and self.breaker.admits()


def replicas_of(upstream: Upstream) -> tuple[Replica, ...]:
    """The replicas of an upstream, which share its weight.

    Raises:
        ConfigError: Its key cannot be read.
    """
    key = upstream.api_key()
    weight = upstream.weight / len(upstream.base_urls)
    return tuple(
        Replica(upstream=upstream, url=str(url).rstrip("/"), key=key, weight=weight) for url in upstream.base_urls
    )


def head_of(payload: Payload) -> bytes:
    """The beginning of a conversation, the same for each of its turns (empty = nothing that a cache would know)."""
    messages = payload.get("messages")
    if messages is not None:
        end = next((i for i, message in enumerate(messages) if message.get("role") == "user"), 0) + 1
        return to_json(messages[:end])[:HEAD_CHARACTERS]
    text = payload.get("prompt") or payload.get("input")
    return to_json(text[:HEAD_CHARACTERS])[:HEAD_CHARACTERS] if text else b""


def preference(replica: Replica, head: bytes) -> float:
    """Score of a replica for a conversation; the highest is preferred."""
    digest = blake2b(head, key=blake2b(replica.url.encode(), digest_size=32).digest(), digest_size=8).digest()
    uniform = (int.from_bytes(digest) + 0.5) / 2**64
    return -replica.weight / math.log(uniform) if uniform < 1.0 else math.inf


def choose(replicas: Sequence[Replica], payload: Payload, tried: Collection[Replica] = ()) -> Replica | None:
    """The replica to ask, or None when none may be asked.

    Args:
        replicas: All that serve the model.
        payload: The request.
        tried: Those that failed it already.
    """
    if len(replicas) == 1 and not tried:
        return replicas[0] if replicas[0].breaker.admits() else None
    left = [replica for replica in replicas if replica not in tried and replica.breaker.admits()]
    # When all look ill, the look may be what is wrong: rather try than refuse.
    left = [replica for replica in left if replica.healthy] or left
    if len(left) < 2:
        return left[0] if left else None
    least = min(left, key=lambda replica: (replica.in_flight + 1) / replica.weight)
    head = head_of(payload)
    if not head:
        return least
    preferred = max(left, key=lambda replica: preference(replica, head))
    fair = preferred.in_flight <= least.in_flight + SLACK or preferred.in_flight < _limit(preferred, left)
    return preferred if fair else least


def _limit(replica: Replica, replicas: Sequence[Replica]) -> int:
    """Answers that a replica may have in progress before its conversations go elsewhere."""
    total = sum(other.in_flight for other in replicas) + 1
    share = replica.weight / sum(other.weight for other in replicas)
    return math.ceil((1 + OVERLOAD) * total * share)


async def look(session: aiohttp.ClientSession, replica: Replica) -> None:
    """Ask a replica for its list of models, and note whether it answers.

    Any answer but a redirect, a refused key or a server's failure will do: not every server has the list.
    """
    reason = await _illness(session, replica)
    if not reason and not replica.healthy:
        _logger.info("upstream is back", upstream=replica.upstream.name, server=replica.server)
        replica.breaker.try_now()
    elif reason and replica.healthy:
        _logger.warning(
            "upstream does not answer", upstream=replica.upstream.name, server=replica.server, reason=reason
        )
    replica.healthy = not reason


async def _illness(session: aiohttp.ClientSession, replica: Replica) -> str:
    """Why a replica does not answer (empty = it does)."""
    limit_s = replica.upstream.connect_timeout_s
    # The key is unwrapped here only, where the header is made.
    headers = {"Authorization": f"Bearer {replica.key.get_secret_value()}"} if replica.key else {}
    limits = aiohttp.ClientTimeout(total=2 * limit_s, sock_connect=limit_s)
    try:
        async with session.get(
            f"{replica.url}/models", headers=headers, timeout=limits, allow_redirects=False
        ) as answer:
            ill = answer.status >= 500 or 300 <= answer.status < 400 or answer.status in {401, 403}
            return f"status {answer.status}" if ill else ""
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return str(error) or type(error).__name__
