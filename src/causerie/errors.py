"""The one family of errors that people and API clients see.

Does: give each way to fail a class with its HTTP `status`, its OpenAI `type` and `code`, and a terminal `exit_code`.
Does not: render them; `server/errors.py` makes JSON of them and `cli/main.py` a sentence and a hint.

Each class says when it is raised; the tree and the codes as a table are in `docs/reference/errors.md`.
Messages are templates with named fields, so that the terminal can say them in another language.
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


class FileTooLarge(BodyTooLarge):
    """A file is over the limit of its kind, which no setting raises."""

    code = "file_too_large"


class UnsupportedFile(InvalidRequest):
    """A file of a kind that nothing here reads."""

    status = 415
    code = "unsupported_file"


class UnreadableFile(InvalidRequest):
    """A file of a known kind that is damaged, protected by a password, a bomb, or takes too long."""

    status = 422
    code = "unreadable_file"


class InvalidImport(InvalidRequest):
    """A file that holds nothing in a form that is known here: no conversations, no results of an evaluation."""

    code = "invalid_import"


class WeakPassword(InvalidRequest):
    """A password that is too short, or that a program would soon guess."""

    code = "weak_password"


class Unauthenticated(CauserieError):
    """An API key is required, and there was none or a wrong one."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"
    exit_code = 4


class SignInFailed(Unauthenticated):
    """A wrong name, password, passkey or code; which of them is not said."""

    code = "sign_in_failed"


class Forbidden(CauserieError):
    """The caller may not do this."""

    status = 403
    type = "permission_error"
    code = "forbidden"
    exit_code = 4


class ConfirmationRequired(Forbidden):
    """What was asked needs the password, or a sign-in that is fresh."""

    code = "confirmation_required"


class PriceUnknown(Forbidden):
    """A quota of money applies, and nobody has said what this model costs."""

    code = "price_unknown"


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


class LinkNotValid(NotFound):
    """A one-time link that was used, is over, was taken back, or was never made."""

    code = "link_not_valid"


class Conflict(CauserieError):
    """The object exists already, or is in use."""

    status = 409
    type = "invalid_request_error"
    code = "conflict"
    exit_code = 6


class GateRefused(Conflict):
    """The gate does not let the model be released; its lines say why."""

    code = "gate_refused"
    exit_code = 20


class RateLimited(CauserieError):
    """Too many requests, or too many at once."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"
    exit_code = 7


class QuotaExceeded(RateLimited):
    """What a person, a group or a key may use in this day or month is used up."""

    code = "quota_exceeded"


class TooManyAttempts(RateLimited):
    """Wrong passwords or codes came too fast: the next one must wait."""

    code = "too_many_attempts"


class DatabaseUnavailable(CauserieError):
    """The database cannot be reached, or another process writes in it for too long."""

    status = 503
    code = "database_unavailable"
    exit_code = 13


class DatabaseNewer(DatabaseUnavailable):
    """A newer causerie has migrated the database; this one would damage it."""

    code = "database_newer"


class ArchiveError(CauserieError):
    """A backup is damaged, truncated, hostile or of a kind that is not known."""

    status = 422
    type = "invalid_request_error"
    code = "invalid_archive"
    exit_code = 14


class AuditBroken(CauserieError):
    """An entry of the audit log was changed, removed or inserted, or its end was cut off."""

    code = "audit_broken"
    exit_code = 15


class DataError(CauserieError):
    """Text, a shard or a folder of training data is missing, damaged or of a kind that is not known."""

    status = 422
    type = "invalid_request_error"
    code = "invalid_data"
    exit_code = 16


class RunError(CauserieError):
    """A training run failed."""

    code = "run_failed"
    exit_code = 17


class CheckpointError(RunError):
    """A checkpoint is missing, damaged, or cannot be written."""

    code = "invalid_checkpoint"
    exit_code = 18


class RunStopped(RunError):
    """The run was asked to stop; it has written a checkpoint and can go on."""

    code = "run_stopped"
    exit_code = 19


class RunPaused(RunStopped):
    """The run would pass a threshold of the policy: it waits for two signatures."""

    status = 409
    type = "invalid_request_error"
    code = "run_paused"
    exit_code = 21


class ModelFileError(CauserieError):
    """A model file is damaged, truncated, hostile or of a kind that is not known."""

    status = 422
    type = "invalid_request_error"
    code = "invalid_model_file"
    exit_code = 8


class ModelChanged(ModelFileError):
    """A registered model's file is missing, or is not the one that was registered: a byte of it was changed."""

    status = 409
    code = "model_changed"


class SignatureInvalid(ModelFileError):
    """The signature of a model version or a decision is missing, damaged, or by a key that is not trusted here."""

    status = 409
    code = "signature_invalid"


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
    """There is not enough room on the disk, or not any more."""

    status = 507
    code = "disk_full"


def family() -> Iterator[type[CauserieError]]:
    """Every class of the tree, `CauserieError` first, parents before their children."""
    waiting: list[type[CauserieError]] = [CauserieError]
    while waiting:
        cls = waiting.pop()
        yield cls
        waiting += reversed(cls.__subclasses__())
