"""Who may do what: the one place that says so. Pages and acts ask for a permission, never for a role."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.domain.people import Role, User


class Permission(StrEnum):
    """One thing that a role allows."""

    CHATS = "chats"  # read chats, take them, answer in them
    TEXTS = "texts"  # edit canned replies
    DUTY = "duty"  # see who is on duty, and set up teams
    PRIVACY = "privacy"  # export and erase what is kept of a shopper
    AUDIT = "audit"  # read and export who did what
    FIGURES = "figures"  # read the pages of figures
    STUDIO = "studio"  # correct readings, train the model
    PEOPLE = "people"  # add people, give them roles, lock them out


_OPERATOR: Final = frozenset({Permission.CHATS})
_TRAINER: Final = frozenset({Permission.FIGURES, Permission.STUDIO})
_LEAD: Final = _OPERATOR | {
    Permission.TEXTS,
    Permission.DUTY,
    Permission.PRIVACY,
    Permission.AUDIT,
    Permission.FIGURES,
}

ALLOWED: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.OPERATOR: _OPERATOR,
    Role.LEAD: _LEAD,
    Role.TRAINER: _TRAINER,
    Role.ADMIN: frozenset(Permission),
}


def may(user: User, permission: Permission) -> bool:
    """True when somebody's role allows it, and they may still log in."""
    return not user.disabled and permission in ALLOWED[user.role]
