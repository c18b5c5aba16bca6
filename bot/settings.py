"""The only reader of the environment. A missing or wrong setting fails with the variable's name."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AnyHttpUrl, Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.people import Role
from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent


class TelegramMode(StrEnum):
    """How Telegram's updates come in."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class Settings(BaseSettings):
    """All settings, from the environment and `.env`. Every field is described in `.env.example` and the README."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True)

    database_url: SecretStr | None = None
    warmline_home: Path = Path(".warmline")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: AnyHttpUrl | None = None

    rasa_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:5005")
    rasa_token: SecretStr | None = None
    actions_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:5055/webhook")
    rasa_timeout: float = Field(default=20, gt=0, description="seconds one question to Rasa may take")
    policy_file: Path = ROOT / "actions" / "deescalation.yml"

    telegram_bot_token: SecretStr | None = None
    telegram_api_base_url: AnyHttpUrl = AnyHttpUrl("https://api.telegram.org")
    telegram_mode: TelegramMode = TelegramMode.POLLING
    telegram_webhook_secret: SecretStr | None = None
    telegram_allowed_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()

    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_auth_token_secondary: SecretStr | None = None
    twilio_whatsapp_from: str | None = None
    twilio_templates: Path | None = None
    twilio_api_base_url: AnyHttpUrl | None = None

    media_url: str | None = None
    media_max_mb: int = Field(default=20, ge=1, le=50)
    media_keep_days: int = Field(default=90, ge=0)
    media_scan_command: str | None = None
    keep_days: int = Field(default=365, ge=0, description="how long words are kept; 0: for ever")
    audit_keep_days: int = Field(default=730, ge=0, description="how long acts of operators are kept; 0: for ever")

    alert_urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    second_step_for: Annotated[tuple[Role, ...], NoDecode] = ()
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None

    default_language: str = Field(default="en", pattern="^(en|ru|zh|el)$")
    worker_concurrency: int = Field(default=8, ge=1, le=256)
    burst_window_seconds: float = Field(
        default=1.5, ge=0, le=5, description="how long a line that looks unfinished waits for the next; 0: not at all"
    )
    log_json: bool = False

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _secret_fits(cls, value: SecretStr | None) -> SecretStr | None:
        # https://core.telegram.org/bots/api#setwebhook: 1-256 characters A-Z a-z 0-9 _ -
        if value is not None:
            text = value.get_secret_value()
            if not 16 <= len(text) <= 256 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in text):
                raise ValueError("must be 16 to 256 of A-Z a-z 0-9 _ -")
        return value

    @field_validator("telegram_allowed_networks", "alert_urls", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("second_step_for", mode="before")
    @classmethod
    def _roles(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_is_safe(cls, value: str | None) -> str | None:
        # https://openid.net/specs/openid-connect-discovery-1_0.html#IssuerDiscovery; kept letter by letter, as it is compared
        url = AnyHttpUrl(value) if value else None
        if url is not None and url.scheme != "https" and url.host not in {"localhost", "127.0.0.1"}:
            raise ValueError("must begin with https://")
        return value

    @model_validator(mode="after")
    def _sign_on_complete(self) -> Self:
        needed = {
            "OIDC_ISSUER": self.oidc_issuer,
            "OIDC_CLIENT_ID": self.oidc_client_id,
            "OIDC_CLIENT_SECRET": self.oidc_client_secret,
        }
        if _is_set("single sign-on", needed) and not self.public_url:
            raise ValueError("single sign-on needs PUBLIC_URL, the address the provider sends people back to")
        return self

    @model_validator(mode="after")
    def _channels_complete(self) -> Self:
        if self.telegram_bot_token and self.telegram_mode is TelegramMode.WEBHOOK:
            if not self.telegram_webhook_secret:
                raise ValueError("TELEGRAM_MODE=webhook needs TELEGRAM_WEBHOOK_SECRET")
            if not self.public_url:
                raise ValueError("TELEGRAM_MODE=webhook needs PUBLIC_URL")
        twilio = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "TWILIO_WHATSAPP_FROM": self.twilio_whatsapp_from,
        }
        if _is_set("WhatsApp", twilio) and not self.public_url:
            raise ValueError("WhatsApp needs PUBLIC_URL, the address Twilio signs its requests for")
        return self

    @classmethod
    def from_env(cls) -> Settings:
        """Read the environment and `.env`; raises SettingsError naming each variable at fault."""
        try:
            return cls()
        except ValidationError as exc:
            problems = []
            for error in exc.errors(include_input=False, include_url=False):
                name = str(error["loc"][0]).upper() + ": " if error["loc"] else ""
                problems.append(name + error["msg"].removeprefix("Value error, "))
            raise SettingsError("; ".join(problems)) from None

    @property
    def telegram_on(self) -> bool:
        """True when a bot token is set."""
        return self.telegram_bot_token is not None

    @property
    def whatsapp_on(self) -> bool:
        """True when Twilio is set up."""
        return self.twilio_account_sid is not None

    @property
    def demo_on(self) -> bool:
        """The demo page is served until a real channel is configured."""
        return not (self.telegram_on or self.whatsapp_on)

    @property
    def vault_url(self) -> str:
        """Where files are kept: MEDIA_URL, else a folder under WARMLINE_HOME."""
        return self.media_url or f"file://{(self.warmline_home / 'media').resolve()}"

    @property
    def dsn(self) -> str:
        """The database as libpq writes it (`postgresql://...`); raises SettingsError when it is not known."""
        if self.database_url is None:
            raise SettingsError(
                "DATABASE_URL is not set; `python -m bot up` starts the embedded PostgreSQL and sets it"
            )
        return self.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://", 1)

    @property
    def shared_token(self) -> str:
        """The token between gateway, Rasa and action server: RASA_TOKEN, else one made once and kept under WARMLINE_HOME."""
        if self.rasa_token is not None:
            return self.rasa_token.get_secret_value()
        return kept_secret(self.warmline_home / "secrets" / "rasa_token")

    @property
    def session_secret(self) -> str:
        """What signs the console's cookies, made once and kept under WARMLINE_HOME."""
        return kept_secret(self.warmline_home / "secrets" / "session")

    @property
    def seal_key(self) -> str:
        """What seals secrets in the database, made once and kept under WARMLINE_HOME: 32 bytes as base64, which Fernet wants padded."""
        return kept_secret(self.warmline_home / "secrets" / "seal") + "="


def _is_set(what: str, needed: Mapping[str, object]) -> bool:
    """Return whether all of it is set, or none; raises ValueError naming what is missing of a part."""
    missing = [name for name, value in needed.items() if not value]
    if missing and len(missing) < len(needed):
        raise ValueError(f"{what} is half configured; also set {', '.join(missing)}")
    return not missing


def kept_secret(path: Path) -> str:
    """Return the secret in `path`; the first call makes it, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return path.read_text().strip()
