"""`python -m actions`: the action server, at the host and port of ACTIONS_URL."""

from __future__ import annotations

import logging
import sys
from datetime import datetime

import uvicorn

from actions.policy_file import PolicySource
from actions.ports import Shop
from actions.registry import executor_for
from actions.server import app_for
from bot import log
from bot.errors import WarmlineError
from bot.settings import ROOT, Settings
from bot.store.unit_of_work import Store
from responses.book import BookError, ResponseBook


def build_shop(settings: Settings) -> Shop:
    """Return what the actions are built with. Nothing is opened yet: the store connects at its first question."""
    policy = PolicySource(settings.policy_file).current
    return Shop(
        ledger=Store(settings.dsn),
        book=ResponseBook.load(ROOT / "responses"),
        policy=policy,
        now=lambda: datetime.now(policy().hours.zone),
        default_language=settings.default_language,
    )


def main() -> None:
    """Serve until stopped; a wrong setting, policy or response file ends it with one clear sentence."""
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    try:
        settings = Settings.from_env()
        log.set_up(as_json=settings.log_json)
        app = app_for(executor_for(build_shop(settings)), settings.shared_token)
    except (WarmlineError, BookError) as exc:
        sys.exit(f"action server: {exc}")
    url = settings.actions_url
    uvicorn.run(
        app,
        host=url.host or "127.0.0.1",
        port=url.port or 5055,
        access_log=False,
        log_config=None,
        timeout_keep_alive=60,  # Rasa lets go of a connection that rests for 15 seconds; it must be the first to
    )


if __name__ == "__main__":
    main()
