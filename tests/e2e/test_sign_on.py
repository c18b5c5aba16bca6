"""Single sign-on with a provider over HTTP: who was added before gets in, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pyotp
import pytest
from joserfc.jwk import OctKey, RSAKey
from playwright.sync_api import Browser, expect

from bot.domain.people import Role
from tests.doubles.providers.openid import CLIENT, OpenIdProvider
from tests.e2e.conftest import WIDE
from tests.e2e.desk import PASSWORD, enrol
from tests.e2e.test_people import Console, a_console

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

EMAIL = "maria@shop.example"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as made:
        yield made


@pytest.fixture
def provider(running_provider: OpenIdProvider) -> OpenIdProvider:
    running_provider.reset()
    return running_provider


@pytest.fixture(scope="module")
def running_console(running_provider: OpenIdProvider, home: Path, dsn: str) -> Iterator[Console]:
    settings = {
        "PUBLIC_URL": "{url}",
        "OIDC_ISSUER": running_provider.issuer,
        "OIDC_CLIENT_ID": CLIENT[0],
        "OIDC_CLIENT_SECRET": CLIENT[1],
        "SECOND_STEP_FOR": "lead",
    }
    enrol(dsn, "Maria")
    enrol(dsn, "Petros", role=Role.LEAD)
    with a_console(home, dsn, **settings) as made:
        yield made


@pytest.fixture
def console(running_console: Console) -> Console:
    """Maria was added with her address, and never signed in; nobody guessed too often."""
    with psycopg.connect(running_console.dsn) as connection:
        connection.execute("DELETE FROM login_attempts")
        connection.execute("UPDATE users SET email = NULL, subject = NULL, disabled_at = NULL")
        connection.execute("UPDATE users SET email = %s WHERE username = 'maria'", [EMAIL])
    return running_console


def signs_in(console: Console, client: httpx.Client, there: str = "") -> str:
    """Go to the provider and come back, as a browser does; return where that leads."""
    return comes_back(client, client.get("/login/oidc", params={"next": there}).headers["location"])


def comes_back(client: httpx.Client, there: str) -> str:
    with httpx.Client() as elsewhere:
        back = elsewhere.get(there).headers["location"]
    return client.get(back).headers["location"]


def is_in(client: httpx.Client) -> bool:
    return client.get("/account").status_code == 200


def test_who_was_added_by_a_verified_address_gets_in_and_is_known_from_then_on(
    console: Console, provider: OpenIdProvider
) -> None:
    before = len(console.acts())
    with console.client() as client:
        assert signs_in(console, client, "/alerts") == "/alerts"
        assert is_in(client)
    provider.claims |= {"email": "another@shop.example"}  # the same subject, after they married
    with console.client() as client:
        assert signs_in(console, client) == "/console"

    assert console.acts()[before:] == ["sign_on_linked", "login", "login"]
    with psycopg.connect(console.dsn) as connection:
        how = connection.execute("SELECT details ->> 'how' FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert how == ("single sign-on",)


def test_whoever_inherits_an_address_inherits_nothing_here(console: Console, provider: OpenIdProvider) -> None:
    with console.client() as client:
        signs_in(console, client)
    provider.claims |= {"sub": "somebody-else"}
    with console.client() as client:
        assert signs_in(console, client) == "/login?problem=unknown"
        assert not is_in(client)

    console.users("email", "maria", EMAIL)  # an admin gives the address anew
    with console.client() as client:
        assert signs_in(console, client) == "/console"


FORGED: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another shop"},
    "no audience": {"aud": None},
    "meant for us among others, by another": {"aud": [CLIENT[0], "another"], "azp": "another"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": int(time.time()) - 3600},
    "without an end": {"exp": None},
    "from the future": {"iat": int(time.time()) + 3600, "nbf": int(time.time()) + 3600},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_token_with_something_forged_lets_nobody_in(
    console: Console, provider: OpenIdProvider, forged: dict[str, Any]
) -> None:
    provider.forged = forged
    before = len(console.acts())
    with console.client() as client:
        assert signs_in(console, client, "/console") == "/login?problem=sign_on&next=%2Fconsole"
        assert not is_in(client)

    assert console.acts()[before:] == ["sign_on_refused"]


UNKNOWN: dict[str, dict[str, Any]] = {
    "an address that nobody has": {"email": "eve@shop.example"},
    "an address that is not verified": {"email_verified": False},
    "a verification that is only a word": {"email_verified": "true"},
    "an address of which nothing is said": {"email_verified": None},
    "no address": {"email": None},
}


@pytest.mark.parametrize("claims", UNKNOWN.values(), ids=UNKNOWN)
def test_who_is_not_known_here_does_not_get_in(
    console: Console, provider: OpenIdProvider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    with console.client() as client:
        assert signs_in(console, client) == "/login?problem=unknown"
        assert not is_in(client)


def test_who_is_locked_out_here_does_not_get_in_by_the_provider(console: Console, provider: OpenIdProvider) -> None:
    with console.client() as client:
        signs_in(console, client)
    console.users("disable", "maria")
    for _ in ("by subject", "by address"):
        with console.client() as client:
            assert signs_in(console, client) == "/login?problem=unknown"
        console.users("email", "maria", EMAIL)


def _key_nobody_knows(provider: OpenIdProvider) -> None:
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "first"})


def _our_own_secret(provider: OpenIdProvider) -> None:
    provider.algorithm, provider.signed_by = "HS256", OctKey.import_key(CLIENT[1])


def _the_public_key_as_a_secret(provider: OpenIdProvider) -> None:
    provider.algorithm = "HS256"
    provider.signed_by = provider.key.as_pem(private=False)


def _nothing(provider: OpenIdProvider) -> None:
    provider.algorithm = "none"


def _no_token(provider: OpenIdProvider) -> None:
    provider.without_token = True


@pytest.mark.parametrize(
    "forge", [_key_nobody_knows, _our_own_secret, _the_public_key_as_a_secret, _nothing, _no_token]
)
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    console: Console, provider: OpenIdProvider, forge: Callable[[OpenIdProvider], None]
) -> None:
    forge(provider)
    with console.client() as client:
        assert signs_in(console, client) == "/login?problem=sign_on"
        assert not is_in(client)


def test_the_way_back_is_good_for_the_browser_that_went_and_once(console: Console, provider: OpenIdProvider) -> None:
    with console.client() as mine, console.client() as theirs:
        there = mine.get("/login/oidc").headers["location"]
        asked = parse_qs(urlsplit(there).query)
        back = httpx.get(there).headers["location"]
        forged = back.replace(asked["state"][0], "another-state")

        assert theirs.get(back).headers["location"] == "/login?problem=sign_on"
        assert mine.get(forged).headers["location"] == "/login?problem=sign_on"
        assert mine.get(back).headers["location"] == "/console"
        mine.post("/logout")
        assert mine.get(back).headers["location"] == "/login?problem=sign_on"
        assert not is_in(mine)


def test_a_refusal_of_the_provider_is_told(console: Console, provider: OpenIdProvider) -> None:
    with console.client() as client:
        refused = client.get("/login/oidc/back?error=access_denied&error_description=no")

    assert refused.headers["location"] == "/login?problem=sign_on"


def test_no_link_leads_elsewhere_after_the_way_back(console: Console, provider: OpenIdProvider) -> None:
    with console.client() as client:
        assert signs_in(console, client, "https://evil.example/") == "/console"


def test_thirty_forgeries_from_an_address_are_enough(console: Console, provider: OpenIdProvider) -> None:
    with console.client() as client:
        for _ in range(30):
            client.get("/login/oidc/back?code=x&state=y")
        assert signs_in(console, client) == "/login?problem=locked"


def test_a_role_that_needs_a_second_step_needs_it_here_as_well(console: Console, provider: OpenIdProvider) -> None:
    console.users("second-step-off", "petros")
    console.users("email", "maria")
    console.users("email", "petros", EMAIL)
    secret = pyotp.random_base32()
    with console.client() as client:
        assert signs_in(console, client, "/audit") == "/audit"
        assert client.get("/audit").headers["location"] == "/account/second-step"
    with psycopg.connect(console.dsn) as connection:
        statement = "UPDATE users SET totp_secret = %s, totp_since = now() WHERE username = 'petros'"
        connection.execute(statement, [console.seal.close(secret)])
    with console.client() as client:
        assert signs_in(console, client, "/audit") == "/login/code"
        assert not is_in(client)
        answer = client.post("/login/code", data={"code": pyotp.TOTP(secret).now()})
        assert answer.headers["location"] == "/audit"
        assert client.get("/audit").status_code == 200


def test_what_a_role_still_has_to_do_is_told_until_something_went_wrong(console: Console, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{console.url}/login")
    page.get_by_test_id("username").fill("lead")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("must")).to_be_visible()

    page.get_by_test_id("start").click()
    page.get_by_test_id("field-code").fill("000 000")
    page.get_by_test_id("confirm").click()

    expect(page.get_by_test_id("problem")).to_be_visible()
    expect(page.get_by_test_id("must")).to_have_count(0)
    page.close()


def test_an_admin_gives_addresses_and_each_to_one_person(console: Console, provider: OpenIdProvider) -> None:
    with console.client("admin") as client:
        at = f"/people/{console.id_of('operator')}/email"
        answers = [client.post(at, data={"email": email}) for email in ("no address", EMAIL, " Ana@Shop.Example ", "")]
        form = {"username": "nina", "name": "Nina", "role": "trainer", "email": EMAIL}
        taken = client.post("/people/invite", data=form)
        invited = client.post("/people/invite", data=form | {"email": "nina@shop.example"})

    assert [answer.headers["location"] for answer in (*answers, taken, invited)] == [
        "/people?problem=email",
        "/people?problem=email_taken",
        "/people?done=email",
        "/people?done=email",
        "/people?problem=email_taken",
        "/people?done=invited",
    ]
    provider.claims = {"sub": "nina-1", "email": "nina@shop.example", "email_verified": True}
    with console.client() as client:
        assert signs_in(console, client) == "/insight"


def test_somebody_is_linked_by_hand_where_addresses_are_not_verified(
    console: Console, provider: OpenIdProvider
) -> None:
    provider.claims = {"sub": "by-hand"}
    console.users("subject", "maria", "by-hand")
    with console.client() as client:
        assert signs_in(console, client) == "/console"


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en-GB", "single sign-on"), ("ru-RU", "единый вход"), ("zh-CN", "单点登录"), ("el-GR", "ενιαία σύνδεση")],
)
def test_the_way_there_stands_under_the_form_in_each_language(
    console: Console, provider: OpenIdProvider, browser: Browser, locale: str, said: str
) -> None:
    context = browser.new_context(viewport=WIDE, locale=locale)
    page = context.new_page()
    page.goto(f"{console.url}/alerts")
    expect(page.get_by_test_id("sign-on")).to_contain_text(said)
    page.get_by_test_id("sign-on").click()
    page.wait_for_url("**/alerts")
    context.close()
