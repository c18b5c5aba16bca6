"""Which role may do what, and what a password must be."""

from __future__ import annotations

import pytest

from bot.domain.passwords import Fault, fault_of
from bot.domain.people import Role, User
from bot.domain.permissions import ALLOWED, Permission, may


def test_each_role_has_its_permissions_and_an_admin_all() -> None:
    assert set(ALLOWED) == set(Role)
    assert ALLOWED[Role.ADMIN] == set(Permission)
    assert ALLOWED[Role.OPERATOR] == {Permission.CHATS}
    assert ALLOWED[Role.OPERATOR] < ALLOWED[Role.LEAD] < ALLOWED[Role.ADMIN]
    assert Permission.CHATS not in ALLOWED[Role.TRAINER]
    assert [role for role in Role if Permission.PEOPLE in ALLOWED[role]] == [Role.ADMIN]


def test_who_is_disabled_may_do_nothing() -> None:
    assert not any(may(User(1, "root", "Root", Role.ADMIN, disabled=True), permission) for permission in Permission)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", Fault.SHORT),
        ("elevenchars", Fault.SHORT),
        ("olive 3 boat lamp", None),
        ("ночной трамвай пахнет хлебом", None),
        ("红色自行车停在海边的小书店门口", None),
        ("x" * 201, Fault.LONG),
        ("kostas-kostas", Fault.NAME),
        ("KostasKostas1", Fault.NAME),
        ("kostas likes long walks", None),
        ("Password1234", Fault.COMMON),
        ("aaaaaaaaaaaaaaa", Fault.COMMON),
        ("123456789012", Fault.COMMON),
        ("qwertyuiopas", Fault.COMMON),
        ("lkjhgfdsa9876", Fault.COMMON),
        ("йцукенгшщзхъ", Fault.COMMON),
    ],
)
def test_a_password_is_long_not_the_name_and_not_what_everybody_takes(password: str, fault: Fault | None) -> None:
    assert fault_of(password, "kostas") is fault
