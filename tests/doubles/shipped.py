"""What people may edit, as it is in the repository: read once for all tests that only look at it."""

from __future__ import annotations

from functools import cache

from actions.policy import Policy
from actions.policy_file import POLICY_FILE, read_policy
from bot.console.texts import Texts
from bot.settings import ROOT
from responses.book import ResponseBook


@cache
def the_book() -> ResponseBook:
    return ResponseBook.load(ROOT / "responses")


@cache
def the_policy() -> Policy:
    return read_policy(POLICY_FILE)


@cache
def the_texts() -> Texts:
    return Texts.load()
