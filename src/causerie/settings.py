"""Every setting of causerie, read once: `causerie.toml`, then `CAUSERIE_*` variables, then the command's options.

Does: read, check and hold. It is the only module that looks at the environment; a lint rule keeps it so.
Does not: create folders or start anything.
Try it: CAUSERIE_PORT=9000 causerie up        (lists are TOML or JSON: CAUSERIE_API_KEYS='["secret"]')
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from causerie.errors import ConfigError

GIB = 2**30
Name = Annotated[str, Field(min_length=1, max_length=96, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")]


class Upstream(BaseModel):
    """One OpenAI-compatible server, in one or more replicas: a `[[upstreams]]` table of `causerie.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    """What logs, metrics and the page call it."""
    base_urls: tuple[HttpUrl, ...] = Field(min_length=1)
    """Where its replicas answer, each up to and with `/v1`; all serve the same models."""
    api_key_env: str | None = None
    """Name of the environment variable that holds its key (none = no key is sent)."""
    api_key_file: Path | None = None
    """File that holds its key; refused unless only its owner can read it (mode 0600)."""
    models: dict[Name, str] | tuple[Name, ...] = Field(min_length=1)
    """Models it serves: a list of names, or a table from our name to the upstream's own."""
    weight: float = Field(1.0, gt=0, le=1000)
    """Share of the requests when several upstreams serve one model (2 = twice those of a weight of 1)."""
    context_tokens: int = Field(0, ge=0)
    """Context of its models, in tokens (0 = unknown)."""
    connect_timeout_s: float = Field(5.0, gt=0)
    """Seconds to wait for a connection."""
    first_token_timeout_s: float = Field(120.0, gt=0)
    """Seconds to wait for the first byte of an answer."""
    idle_timeout_s: float = Field(60.0, gt=0)
    """Seconds between two pieces of a streamed answer before it is given up."""
    health_interval_s: float = Field(10.0, gt=0)
    """Seconds between two looks at each replica."""

    @model_validator(mode="after")
    def _one_key_at_most(self) -> Self:
        if self.api_key_env and self.api_key_file:
            msg = f"upstream {self.name!r} has both api_key_env and api_key_file: choose one"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _addresses_can_be_extended(self) -> Self:
        for url in self.base_urls:
            if url.query is not None or url.fragment is not None:
                msg = f"upstream {self.name!r} has a base_url with a ? or #: it must end with its path"
                raise ValueError(msg)
            if (url.username or url.password) and (self.api_key_env or self.api_key_file):
                msg = f"upstream {self.name!r} has both a key and a password in base_urls: choose one"
                raise ValueError(msg)
        return self

    @property
    def names(self) -> dict[str, str]:
        """Our model names, each with the upstream's own."""
        return dict(self.models) if isinstance(self.models, dict) else {name: name for name in self.models}

    def api_key(self) -> SecretStr | None:
        """The key from the variable or the file.

        Raises:
            ConfigError: The variable is empty, the file is missing or readable by others, or there is no key in it.
        """
        if self.api_key_env:
            value = os.environ.get(self.api_key_env, "")
            if not value:
                raise ConfigError(
                    "upstream {name!r} takes its key from {variable}, which is empty",
                    name=self.name, variable=self.api_key_env, hint="export {variable}=... before `causerie up`",
                )  # fmt: skip
            return _key(value, self.name)
        if self.api_key_file:
            return _key(_private_text(self.api_key_file, self.name), self.name)
        return None


class OidcProvider(BaseModel):
    """Somebody who vouches for people, by OpenID Connect: an `[[oidc]]` table of `causerie.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    """Short name, part of the address that the provider sends people back to."""
    name: str = Field(min_length=1, max_length=64)
    """What the button says."""
    issuer: HttpUrl
    """Its address, as its tokens say it."""
    client_id: str = Field(min_length=1)
    """What it calls this server."""
    client_secret_env: str | None = None
    """Name of the environment variable that holds the secret it gave (none = a public client, PKCE alone)."""
    client_secret_file: Path | None = None
    """File that holds the secret; refused unless only its owner can read it (mode 0600)."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    """What is asked of it."""
    makes_accounts: bool = False
    """Somebody who comes for the first time gets an account (otherwise it only opens those that exist)."""
    email_domains: tuple[str, ...] = ()
    """Domains of the verified addresses that may get an account (empty = all that the provider lets through)."""
    role: Literal["builder", "member", "viewer"] = "member"
    """Of the accounts that it makes."""
    groups_claim: str | None = Field(None, min_length=1, max_length=255)
    """Claim that lists the names of the person's groups, such as `groups` (none = it says nothing of groups)."""
    groups: tuple[str, ...] = ()
    """Names of the groups here that people join and leave as that claim says (empty = all)."""

    @model_validator(mode="after")
    def _groups_are_said(self) -> Self:
        if self.groups and self.groups_claim is None:
            msg = f"OIDC provider {self.id!r} has groups and no groups_claim, which says who is in them"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _one_secret_at_most(self) -> Self:
        if self.client_secret_env and self.client_secret_file:
            msg = f"OIDC provider {self.id!r} has both client_secret_env and client_secret_file: choose one"
            raise ValueError(msg)
        return self

    def client_secret(self) -> SecretStr | None:
        """The secret from the variable or the file.

        Raises:
            ConfigError: The variable is empty, the file is missing or readable by others, or nothing is in it.
        """
        if self.client_secret_env:
            value = os.environ.get(self.client_secret_env, "")
            if not value:
                raise ConfigError(
                    "OIDC provider {name!r} takes its secret from {variable}, which is empty",
                    name=self.id, variable=self.client_secret_env, hint="export {variable}=... before `causerie up`",
                )  # fmt: skip
            return _key(value, self.id)
        if self.client_secret_file:
            return _key(_private_text(self.client_secret_file, self.id), self.id)
        return None


def _key(text: str, owner: str) -> SecretStr:
    # Anything else cannot stand in a header; an empty key would be sent as none.
    if not text.strip() or not text.strip().isascii() or not text.strip().isprintable():
        raise ConfigError("the key of upstream {name!r} must be one line of ASCII characters", name=owner)
    return SecretStr(text.strip())


def _private_text(path: Path, owner: str) -> str:
    try:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise ConfigError(
                "the key file {path} of upstream {name!r} can be read by others (mode {mode})",
                path=str(path), name=owner, mode=f"{mode:04o}", hint="chmod 600 {path}",
            )  # fmt: skip
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the key file {path} of upstream {name!r} cannot be read: {reason}",
            path=str(path), name=owner, reason=str(error),
        ) from error  # fmt: skip


def _default_home() -> Path:
    return Path(platformdirs.user_data_dir("causerie", appauthor=False))


class Settings(BaseSettings):
    """All settings. Build it with `load_settings`, which also reads `causerie.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="CAUSERIE_", extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )

    home: Path = Field(default_factory=_default_home)
    """The one folder that holds everything on disk: models, logs, keys."""
    host: str = "127.0.0.1"
    """Address to listen on; only loopback addresses are accepted until there is an account."""
    port: int = Field(8080, ge=0, le=65535)
    """TCP port to listen on (0 = a free one)."""
    api_keys: tuple[SecretStr, ...] = ()
    """Keys that API clients may present (empty = none is asked for while nobody has an account). Once there are
    accounts, these keys ask models and read figures, for the first account."""
    public_url: HttpUrl | None = None
    """Where people find this server, such as https://chat.example.org (none = only on this machine). With https,
    cookies are sent over https alone; passkeys are bound to its name."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names and addresses that requests may call this server by, without ports."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose `X-Forwarded-For` says where a request comes from."""
    oidc: tuple[OidcProvider, ...] = ()
    """Who else vouches for people."""
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    """Of prices and quotas of money (ISO 4217)."""
    organisation: str = Field("", max_length=200)
    """Who develops the models that are trained here, for their cards (empty = only their `card.toml` says it)."""

    database_url: SecretStr = SecretStr("")
    """PostgreSQL's address, `postgresql://name:password@host/database` (empty = SQLite, in the data folder)."""
    backup_interval_h: float = Field(24.0, ge=0)
    """Hours between two backups that the server makes by itself, into the data folder's `backups` (0 = none)."""
    backups_kept: int = Field(7, ge=1)
    """Backups that are kept of those that the server makes by itself."""

    default_model: str = ""
    """Model for who names none (empty = the best one here)."""
    memory_budget_gib: float = Field(0.0, ge=0)
    """Memory that loaded models may take together, in GiB (0 = three quarters of the machine's)."""
    context_tokens: int = Field(8192, ge=256)
    """Context given to a local model, in tokens (at most what it was trained for)."""
    slots: int = Field(4, ge=1, le=64)
    """Answers that one local model gives at the same time; they share its context."""
    threads: int = Field(0, ge=0, le=512)
    """Processor threads of one local model (0 = one for each physical core but one; two at least for prompts)."""
    gpu_layers: int = Field(-1, ge=-1)
    """Layers of a local model put on the GPU when the build has one (-1 = as many as fit)."""
    idle_unload_s: float = Field(900.0, ge=0)
    """Seconds without a request after which a local model leaves memory (0 = never)."""
    start_timeout_s: float = Field(180.0, gt=0)
    """Seconds that a local model may take to load."""

    upstreams: tuple[Upstream, ...] = ()
    """OpenAI-compatible servers that answer for models that do not run here."""

    max_body_mib: float = Field(16.0, gt=0, le=1024)
    """Largest request body, in MiB. Files have limits of their own: 25 MiB attached, 512 MiB imported."""
    max_concurrent_requests: int = Field(256, ge=1)
    """Answers in progress at once; further requests get a 429."""
    max_tokens: int = Field(2048, ge=1)
    """Tokens of an answer when the request sets no limit of its own."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe line that is logged; prompts are never logged above `debug`."""
    log_format: Literal["auto", "text", "json"] = "auto"
    """How lines look (auto = text in a terminal, JSON otherwise)."""
    otlp_endpoint: str = Field(
        "",
        validation_alias=AliasChoices("otlp_endpoint", "CAUSERIE_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    """Where OpenTelemetry traces go, an OTLP HTTP address (empty = traces are not made)."""

    hf_endpoint: HttpUrl = Field(
        HttpUrl("https://huggingface.co"),
        validation_alias=AliasChoices("hf_endpoint", "CAUSERIE_HF_ENDPOINT", "HF_ENDPOINT"),
    )
    """The hub that `causerie pull hf:...` asks."""
    hf_token: SecretStr | None = Field(
        None, validation_alias=AliasChoices("hf_token", "CAUSERIE_HF_TOKEN", "HF_TOKEN")
    )
    """Token for gated or private models of the hub (none = anonymous)."""

    @property
    def models_folder(self) -> Path:
        """Where installed models live, one folder each."""
        return self.home / "models"

    @property
    def run_folder(self) -> Path:
        """Where what lives only as long as the server is kept (0700)."""
        return self.home / "run"

    @model_validator(mode="after")
    def _upstream_names_are_unique(self) -> Self:
        names = [upstream.name for upstream in self.upstreams]
        doubled = {name for name in names if names.count(name) > 1}
        if doubled:
            msg = f"two [[upstreams]] have the same name: {sorted(doubled)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _oidc_ids_are_unique(self) -> Self:
        ids = [provider.id for provider in self.oidc]
        if len(set(ids)) < len(ids):
            msg = "two [[oidc]] have the same id"
            raise ValueError(msg)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options win over variables, variables over the file."""
        file = InitSettingsSource(settings_cls, init_kwargs=_read_toml(_config_path(init_settings())))
        return init_settings, env_settings, file


def _config_path(options: dict[str, Any]) -> Path:
    named = os.environ.get("CAUSERIE_CONFIG")
    if named:
        if not Path(named).is_file():
            raise ConfigError("CAUSERIE_CONFIG names {path}, which is not a file", path=named)
        return Path(named)
    home = options.get("home") or os.environ.get("CAUSERIE_HOME") or _default_home()
    return Path(home) / "causerie.toml"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("{path} cannot be read: {reason}", path=str(path), reason=str(error)) from error


def load_settings(**options: object) -> Settings:
    """The settings in force; `options` are those of the command line and win.

    Raises:
        ConfigError: A value is of the wrong type or out of its range, or a key is unknown.
    """
    given = {key: value for key, value in options.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "upstreams"
        raise ConfigError(
            "setting {setting} is not valid: {reason}",
            setting=where, reason=first["msg"], param=where,
            hint="docs/reference/settings.md lists every setting with its unit",
        ) from error  # fmt: skip
