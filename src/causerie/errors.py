"""The one family of errors that people and API clients see.

Does: give each way to fail a class with its HTTP `status`, its OpenAI `type` and `code`, and a terminal `exit_code`.
Does not: render them; `server/errors.py` makes JSON of them and `cli/main.py` a sentence and a hint.

    CauserieError
    ├── ConfigError                  a setting is wrong
    ├── InvalidRequest               the request itself is wrong
    │   ├── UnsupportedParameter     understood, but this engine cannot do it
    │   ├── ContextLengthExceeded    the prompt does not fit the model's context
    │   ├── MethodNotAllowed         the path exists, but not for this HTTP method
    │   ├── RequestTimeout           the body did not arrive in time
    │   ├── HeadersTooLarge          the request's headers are over the limit
    │   └── BodyTooLarge             more bytes than the limit
    ├── Unauthenticated              no API key, or a wrong one
    ├── Forbidden                    another origin, or a Host header that is not ours
    ├── NotFound                     a path or an object that does not exist
    │   ├── ModelNotFound
    │   └── ResponseNotFound
    ├── Conflict                     the object is in a state that forbids this
    ├── RateLimited                  come back after `retry_after` seconds
    ├── ModelFileError               a model file is damaged, truncated, hostile or of an unknown kind
    ├── ModelTooLarge                the model does not fit the memory budget
    ├── EngineError                  running a model failed
    │   ├── EngineUnavailable        not running, and cannot be started now
    │   └── EngineCrashed            it died during this answer
    ├── UpstreamError                a remote engine failed
    │   ├── UpstreamUnavailable      none of its replicas answers
    │   └── UpstreamTimeout          it did not answer in time
    └── DownloadError                fetching a model failed
        ├── HubUnreachable           no connection to the hub
        ├── HubRefused               the hub wants a token or an accepted licence
        ├── ChecksumMismatch         the bytes are not those that the hub announced
        └── DiskFull                 not enough room, seen before the first byte

Messages are templates with named fields, so that the terminal can say them in another language:

    raise ModelNotFound("no model is named {name!r}", name=name, hint="`causerie models` lists those that are here")
"""

from collections.abc import Iterator
from typing import ClassVar


class CauserieError(Exception):
    """A failure with a clear message, and what to do about it.

    Args:
        template: The message, one sentence without its full stop, with `{fields}` for `values`.
        hint: What the reader can do about it; a template too.
        param: The request field, option or setting at fault, as the person typed it.
        retry_after: Seconds after which trying again makes sense (None = unknown or senseless).
        values: What fills the fields.
    """

    status: ClassVar[int] = 500
    """HTTP status."""
    type: ClassVar[str] = "server_error"
    """OpenAI's error `type`."""
    code: ClassVar[str] = "internal_error"
    """OpenAI's error `code`: a word that programs compare."""
    exit_code: ClassVar[int] = 1
    """What the command `causerie` exits with."""

    def __init__(
        self,
        template: str,
        *,
        hint: str = "",
        param: str | None = None,
        retry_after: float | None = None,
        **values: object,
    ) -> None:
        self.template = template
        self.hint_template = hint
        self.param = param
        self.retry_after = retry_after
        self.values = values
        super().__init__(template.format_map(values))

    @property
    def message(self) -> str:
        """The sentence in English, its fields filled."""
        return self.template.format_map(self.values)

    @property
    def hint(self) -> str:
        """What to do, in English, its fields filled (empty = nothing to advise)."""
        return self.hint_template.format_map(self.values)


class ConfigError(CauserieError):
    """A setting, in `causerie.toml`, the environment or an option, is wrong."""

    code = "invalid_setting"
    exit_code = 3


class InvalidRequest(CauserieError):
    """The request is not what the API accepts."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_request"
    exit_code = 2


class UnsupportedParameter(InvalidRequest):
    """A known parameter with a meaning that this engine or model does not have."""

    code = "unsupported_parameter"


class ContextLengthExceeded(InvalidRequest):
    """The prompt does not fit the model's context; it is never cut silently."""

    code = "context_length_exceeded"


class MethodNotAllowed(InvalidRequest):
    """The path exists, but not for this HTTP method."""

    status = 405
    code = "method_not_allowed"


class RequestTimeout(InvalidRequest):
    """The body did not arrive in time."""

    status = 408
    code = "request_timeout"


class HeadersTooLarge(InvalidRequest):
    """The request's headers are over the limit."""

    status = 431
    code = "headers_too_large"


class BodyTooLarge(InvalidRequest):
    """The body, or one of its lists, is over the limit."""

    status = 413
    code = "request_too_large"


class Unauthenticated(CauserieError):
    """An API key is required, and there was none or a wrong one."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"
    exit_code = 4


class Forbidden(CauserieError):
    """The caller may not do this."""

    status = 403
    type = "permission_error"
    code = "forbidden"
    exit_code = 4


class NotFound(CauserieError):
    """There is nothing of that name."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"
    exit_code = 5


class ModelNotFound(NotFound):
    """There is no model of that name."""

    code = "model_not_found"


class ResponseNotFound(NotFound):
    """There is no stored response of that id."""

    code = "response_not_found"


class Conflict(CauserieError):
    """The object exists already, or is in use."""

    status = 409
    type = "invalid_request_error"
    code = "conflict"
    exit_code = 6


class RateLimited(CauserieError):
    """Too many requests, or too many at once."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"
    exit_code = 7


class ModelFileError(CauserieError):
    """A model file is damaged, truncated, hostile or of a kind that is not known."""

    status = 422
    type = "invalid_request_error"
    code = "invalid_model_file"
    exit_code = 8


class ModelTooLarge(CauserieError):
    """The model does not fit the memory budget, whatever else is unloaded."""

    status = 507
    code = "model_too_large"
    exit_code = 9


class EngineError(CauserieError):
    """Running a model failed."""

    status = 500
    code = "engine_error"
    exit_code = 10


class EngineUnavailable(EngineError):
    """The engine is not running and cannot be started now."""

    status = 503
    code = "engine_unavailable"


class EngineCrashed(EngineError):
    """The engine died during this answer."""

    status = 502
    code = "engine_crashed"


class UpstreamError(CauserieError):
    """A remote engine failed or answered nonsense."""

    status = 502
    code = "upstream_error"
    exit_code = 11


class UpstreamUnavailable(UpstreamError):
    """None of the upstream's replicas answers."""

    status = 503
    code = "upstream_unavailable"


class UpstreamTimeout(UpstreamError):
    """The upstream did not answer in time."""

    status = 504
    code = "upstream_timeout"


class DownloadError(CauserieError):
    """Fetching a model failed."""

    status = 502
    code = "download_failed"
    exit_code = 12


class HubUnreachable(DownloadError):
    """No connection to the hub."""

    code = "hub_unreachable"


class HubRefused(DownloadError):
    """The hub wants a token, or a licence accepted on its site."""

    code = "hub_refused"


class ChecksumMismatch(DownloadError):
    """The bytes received are not those that the hub announced."""

    code = "checksum_mismatch"


class DiskFull(DownloadError):
    """There is not enough room on the disk; seen before the first byte."""

    status = 507
    code = "disk_full"


def family() -> Iterator[type[CauserieError]]:
    """Every class of the tree, `CauserieError` first, parents before their children."""
    waiting: list[type[CauserieError]] = [CauserieError]
    while waiting:
        cls = waiting.pop()
        yield cls
        waiting += reversed(cls.__subclasses__())
