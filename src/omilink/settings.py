"""The settings: environment variables `OMILINK_…`, and flags of `serve` (docs/reference/settings.md)."""

import logging
import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from omilink import origins
from omilink.errors import OmilinkError

log = logging.getLogger(__name__)


class BadSettings(OmilinkError):
    """The message names every bad setting, the value that was found and the value that is expected."""

    code = "bad_settings"


class WebhookAuth(StrEnum):
    REQUIRED = "required"
    OPEN = "open"


class Policy(StrEnum):
    """What a call at the shared address must have: a secret, a signature, either or both."""

    ANY = "any"
    SECRET = "secret"  # noqa: S105
    SIGNATURE = "signature"
    BOTH = "both"


class Switch(StrEnum):
    OPEN = "open"
    OFF = "off"


class OnOff(StrEnum):
    ON = "on"
    OFF = "off"


Secrets = Annotated[tuple[SecretStr, ...], NoDecode]
Origins = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Checked when made; `load` puts all errors into one message."""

    model_config = SettingsConfigDict(env_prefix="OMILINK_", extra="ignore", frozen=True, env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="an address or a host name to listen on")
    port: int = Field(8000, ge=0, le=65535, description="a whole number from 0 (any free port) to 65535")
    data_dir: Path = Field(Path("data"), description="a folder that can be written to")
    database_url: str | None = Field(None, description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
    nats_url: str | None = Field(None, description="nats://HOST:4222, or several with commas, and PostgreSQL")
    nats_replicas: int | None = Field(None, ge=1, le=5, description="a number of NATS servers, from 1 to 5")
    webhook_secret: Secrets = Field(
        (), description="one secret, or two separated by a comma, of visible characters and not beginning with me_"
    )
    webhook_auth: WebhookAuth = Field(WebhookAuth.REQUIRED, description="required or open")
    webhook_policy: Policy = Field(Policy.ANY, description="any, secret, signature or both")
    signing_secret: Secrets = Field(
        (), validate_default=True, description="OMI's whsec_… secret, or two separated by a comma"
    )
    conversation_gap: float = Field(150, gt=0, le=86_400, description="seconds, more than 0 and at most 86400")
    manual_link: Switch = Field(Switch.OPEN, description="open or off")
    link_ttl: float | None = Field(None, gt=0, le=36_500, description="days, more than 0; unset for never")
    omi_app_id: str | None = Field(None, description="the id of your app at OMI")
    omi_api_key: SecretStr | None = Field(
        None, validate_default=True, description="the app's API key at OMI, like sk_…, with OMILINK_OMI_APP_ID"
    )
    omi_api_url: str = Field("https://api.omi.me", description="an address like https://api.omi.me")
    rate_limits: OnOff = Field(OnOff.ON, description="on or off")
    cors_origins: Origins = Field(
        (),
        description="origins like https://app.example.org, https://*.example.org or capacitor://localhost, separated "
        "by commas",
    )
    public_url: str | None = Field(None, description="the address that users see, like https://omi.example.org")
    trusted_proxies: str = Field(
        "127.0.0.1", description="addresses or networks of reverse proxies, like 127.0.0.1,10.0.0.0/8, or *"
    )
    daily_megabytes: float = Field(100, gt=0, description="megabytes of calls that are kept of a user in a day, over 0")
    keep_deliveries: float = Field(7, ge=0, le=36_500, description="days that raw deliveries stay for replay, from 0")
    keep_unlinked: float = Field(7, gt=0, le=36_500, description="days that words of nobody's are kept, more than 0")
    keep_events: float = Field(30, ge=1, le=36_500, description="days that a stream can be resumed after, from 1")

    @field_validator("host")
    @classmethod
    def _bare(cls, host: str) -> str:
        """Removes the brackets that an IPv6 address has in a URL."""
        return host.removeprefix("[").removesuffix("]")

    @field_validator("webhook_secret", "signing_secret", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("webhook_secret", "signing_secret")
    @classmethod
    def _usable_secrets(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in secrets:
            text = secret.get_secret_value()
            if not text.isascii() or not text.isprintable() or set(text) & set(" /?#&%"):
                raise ValueError("a secret holds a character that does not fit into a URL")
            if text.startswith("me_"):
                raise ValueError("a secret begins with me_, as those of personal addresses do")
        if len(secrets) > 2:
            raise ValueError("more than two secrets")
        return secrets

    @field_validator("signing_secret")
    @classmethod
    def _enough_for_policy(cls, secrets: tuple[SecretStr, ...], others: ValidationInfo) -> tuple[SecretStr, ...]:
        if not secrets and others.data.get("webhook_policy") in (Policy.SIGNATURE, Policy.BOTH):
            raise ValueError(f"OMILINK_WEBHOOK_POLICY={others.data['webhook_policy']} needs it")
        return secrets

    @field_validator("omi_api_key")
    @classmethod
    def _app_and_key(cls, key: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if bool(key) != bool(others.data.get("omi_app_id")):
            raise ValueError("OMILINK_OMI_APP_ID and OMILINK_OMI_API_KEY go together")
        text = key.get_secret_value() if key else ""
        if not text.isascii() or not (text + "x").isprintable():
            raise ValueError("a key holds a character that does not fit into a header")
        return key

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "")
        _ = parts.port  # raises ValueError for several hosts: those go into ?host=…&host=…
        if "#" in (url or "") or (url or "").count("@") > 1:
            raise ValueError("in a password write %23 for # and %40 for @")
        stored = parts.path.strip("/") if parts.scheme == "sqlite" else parts.netloc and parts.path.strip("/")
        if url and not (parts.scheme in ("sqlite", "postgresql", "postgres") and stored):
            raise ValueError("not a database that omilink can use")
        return url.replace("postgres://", "postgresql://", 1) if url else url

    @field_validator("nats_url")
    @classmethod
    def _known_servers(cls, urls: str | None, others: ValidationInfo) -> str | None:
        for url in urls.split(",") if urls else ():
            if urlsplit(url.strip()).scheme not in ("nats", "tls") or not urlsplit(url.strip()).hostname:
                raise ValueError("not an address of a NATS server")
        if urls and not str(others.data.get("database_url")).startswith("postgresql:"):
            raise ValueError("it needs OMILINK_DATABASE_URL=postgresql://…")
        return urls

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        origins.allowed(listed)
        return listed

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, listed: str) -> str:
        for text in [] if listed.strip() == "*" else listed.split(","):
            try:
                ip_network(text.strip()) if "/" in text else ip_address(text.strip())
            except ValueError as error:
                raise ValueError(f"{error}; a name is not an address") from None
        return listed

    @field_validator("public_url")
    @classmethod
    def _browsers_address(cls, url: str | None) -> str | None:
        if url and (parts := urlsplit(url)).scheme.lower() in origins.PORTS:
            origin = origins.parse(f"{parts.scheme}://{parts.netloc}")
            if parts.query or parts.fragment:
                raise ValueError("nothing may follow a ? or #")
            return f"{origin}{parts.path.rstrip('/')}"
        return url

    @field_validator("public_url", "omi_api_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "")
        _ = parts.port  # raises ValueError if it is not a number
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("not an address")
        return url.rstrip("/") if url else url

    @property
    def postgres_url(self) -> str | None:
        return self.database_url if self.database_url and self.database_url.startswith("postgresql:") else None

    @property
    def database_path(self) -> Path:
        return Path(self.database_url.removeprefix("sqlite:///")) if self.database_url else self.data_dir / "omilink.db"


GUARDS = {
    "cors_origins",
    "link_ttl",
    "manual_link",
    "rate_limits",
    "signing_secret",
    "trusted_proxies",
    "webhook_auth",
    "webhook_policy",
    "webhook_secret",
}
"""Settings that restrict access. A mistyped name of one stops the start, because its restriction would be missing."""
NOT_OURS = {"OMILINK_PASSWORD", "OMILINK_TOKEN", "OMILINK_GROUPS", "OMILINK_TEST_POSTGRES_BIN"}
"""Variables that commands and scripts read directly."""


def load(**flags: Any) -> Settings:
    """The settings of the environment; flags take precedence. Logs a warning for each OMILINK_… variable that is not a
    setting. Raises BadSettings."""
    unknown = unknown_names(os.environ)
    complaints = [_unknown(name, meant) for name, meant in unknown.items() if meant in GUARDS]
    try:
        loaded = Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        complaints += _complaints(error)
    if complaints:
        raise BadSettings("\n".join(["Some settings cannot be used:", *complaints]))
    for name, meant in unknown.items():
        log.warning(_unknown(name, meant).strip())
    return loaded


def unknown_names(environment: Iterable[str]) -> dict[str, str | None]:
    """The variables OMILINK_… that are not settings, each with the setting of a similar name, or None."""
    plain = {field.replace("_", ""): field for field in Settings.model_fields}
    found = dict[str, str | None]()
    for name in sorted(environment):
        called = name.upper()
        rest = called.removeprefix("OMILINK_")
        if called.startswith("OMILINK") and rest.lower() not in Settings.model_fields and called not in NOT_OURS:
            close = get_close_matches(rest.removeprefix("OMILINK").replace("_", "").lower(), plain, 1, cutoff=0.8)
            found[name] = plain[close[0]] if close else None
    return found


def _unknown(name: str, meant: str | None) -> str:
    what = f"did you mean OMILINK_{meant.upper()}?" if meant else "docs/reference/settings.md lists those that are."
    return f"  {name} is no setting: {what}"


_FOUND = re.compile(r"(//)[^']*(?=@)|(?<=password=)()[^&']*")


def _complaints(error: ValidationError) -> list[str]:
    complaints = {}
    for detail in error.errors():
        name = str(detail["loc"][0])
        found = "(hidden)" if name.endswith(("secret", "key")) else _FOUND.sub(r"\1(hidden)", repr(detail["input"]))
        expected = Settings.model_fields[name].description
        why = f" ({detail['ctx']['error']})" if detail["type"] == "value_error" else ""
        complaints[name] = f"  OMILINK_{name.upper()}: found {found}{why}; expected {expected}."
    return list(complaints.values())


def public_address(settings: Settings) -> str:
    """The address at which users and devices reach the server."""
    return settings.public_url or local_address(settings)


def local_address(settings: Settings) -> str:
    """The address of the server on this machine."""
    return f"http://{host_and_port(_reachable(settings.host), settings.port)}"


NOT_PUBLIC = (
    "OMI's cloud cannot reach this address; devices in your own network may. OMI needs a public https address: put "
    "the server behind https (docs/howto/deploy.md) or, for trying, behind a tunnel (cloudflared, ngrok, tailscale "
    "funnel), and set OMILINK_PUBLIC_URL to its address."
)


def is_public(settings: Settings) -> bool:
    """Whether OMI's cloud may reach `public_address`: it has https and is not on a private network."""
    parts = urlsplit(public_address(settings))
    host = parts.hostname or ""
    address = _ip_address(host)
    is_global = address.is_global if address else "." in host and not host.endswith((".local", ".lan", ".internal"))
    return parts.scheme == "https" and is_global


def host_and_port(host: str, port: int) -> str:
    """Host and port for a URL: IPv6 in brackets, with the percent sign of its zone escaped (RFC 6874)."""
    return f"[{host.replace('%', '%25')}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    address = _ip_address(host)
    return address.is_loopback if address else host == "localhost"


def _reachable(host: str) -> str:
    """A server that listens on all addresses is reached at the loopback address."""
    address = _ip_address(host)
    if address is None or not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"


def _ip_address(host: str) -> IPv4Address | IPv6Address | None:
    """None if the host is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
