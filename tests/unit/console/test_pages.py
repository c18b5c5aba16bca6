"""How pages are registered."""

from __future__ import annotations

from bot.console import theme
from bot.settings import ROOT


def test_no_page_is_an_error_because_a_busy_machine_is_long_to_build_it() -> None:
    by_themselves = [file.name for file in (ROOT / "bot").rglob("*.py") if "ui.page(" in file.read_text("utf-8")]

    assert by_themselves == []
    assert theme.page_at("/anywhere").response_timeout == 30
