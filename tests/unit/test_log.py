from __future__ import annotations

import json
import logging

import pytest
import structlog

from bot import log
from bot.store.unit_of_work import Store


@pytest.fixture(autouse=True)
def _restore() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "console"])
def test_a_traceback_shows_places_and_never_what_a_shopper_wrote(
    as_json: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up(as_json=as_json)
    shoppers_words = "my phone is " + "+447700900123"
    try:
        raise RuntimeError(str(len(shoppers_words)))
    except RuntimeError:
        structlog.get_logger().exception("turn.broken", message=7)

    written = capsys.readouterr().err
    assert "turn.broken" in written
    assert "test_log" in written
    assert "+447700900123" not in written
    if as_json:
        assert json.loads(written.splitlines()[-1])["message"] == 7


async def test_a_database_error_does_not_quote_what_was_to_be_stored(store: Store) -> None:
    with pytest.raises(Exception, match="invalid input syntax") as failed:
        async with store.begin() as work:
            await work.audit.note(None, "act", "not-a-uuid", words="my secret words")
    assert "my secret words" not in str(failed.value)
