"""Invitations, the second step, and what no shopper's text can do to an operator's browser."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pyotp
import pytest
from playwright.sync_api import Page, expect

from bot.domain.messages import InboundMessage, Kind, Media
from bot.store.unit_of_work import Store
from bot.turns.inbox import Inbox
from bot.turns.jobs import job_app
from tests.e2e.desk import enrol
from tests.e2e.test_people import Console, console, open_page

__all__ = ["console", "open_page"]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

NEW = "seven green kettles"
RUN = "document.documentElement.dataset.pwned='1'"
HOSTILE = [
    f"<script>{RUN}</script>",
    f'<img src=x onerror="{RUN}">',
    f'"><svg onload="{RUN}"><animate onbegin="{RUN}">',
    f"[click](javascript:{RUN}) javascript:{RUN}",
    f"<a href='javascript:{RUN}'>track</a><iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    "{{constructor.constructor('document.documentElement.dataset.pwned=1')()}} ${document.documentElement.dataset.pwned=1}",
    "</script></template>`${alert(1)}`<link rel=stylesheet href=https://evil.example/x.css>",
    "<img src=https://evil.example/seen.gif><video src=https://evil.example/v.mp4 autoplay>",
    "\u202eexe.gnp\u2066 \u200f\u200eעברית مرحبا \u0000\ufeff",
]


def write(console: Console, name: str, texts: list[str]) -> None:
    """Let a shopper with this name write these texts, each with a file named like it."""

    async def go() -> None:
        jobs = job_app(console.dsn)
        store = Store(console.dsn, jobs=jobs, pool_size=1)
        async with jobs.open_async():
            for number, text in enumerate(texts):
                clean = text.replace("\0", "")
                media = (Media(f"r{number}", f"s{number}", "image/svg+xml", clean),)
                message = InboundMessage(
                    "web", f"{name}{number}", "hostile", clean, kind=Kind.DOCUMENT, media=media, shopper_name=name
                )
                await Inbox(store).receive(message)
            await store.close()

    with ThreadPoolExecutor(1) as elsewhere:  # the browser's loop runs in this thread
        elsewhere.submit(asyncio.run, go()).result()


def test_nothing_that_a_shopper_writes_runs_or_is_loaded(console: Console, open_page: Callable[..., Page]) -> None:
    write(console, HOSTILE[1], HOSTILE)
    with psycopg.connect(console.dsn) as connection:
        found = connection.execute("SELECT id FROM conversations WHERE address = 'hostile'").fetchone()
        connection.execute("UPDATE users SET display_name = %s WHERE username = 'operator'", [HOSTILE[1]])
    assert found is not None
    page = open_page("operator", "/account")
    elsewhere, refused = [], []
    page.on("request", lambda request: None if console.url in request.url else elsewhere.append(request.url))
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))

    page.goto(f"{console.url}/console?c={found[0]}")
    expect(page.get_by_test_id("message-text").filter(has_text="onerror").first).to_be_visible()
    page.wait_for_timeout(1500)

    assert page.evaluate("document.documentElement.dataset.pwned") is None
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []
    assert refused == []  # our own pages break no rule of theirs
    assert page.locator('a[href^="javascript:"], .message iframe, .message script').count() == 0


def test_a_script_that_got_into_a_page_would_still_not_run(console: Console, open_page: Callable[..., Page]) -> None:
    page = open_page("operator", "/console")
    page.evaluate(
        """() => {
            const at = document.createElement("div");
            document.body.append(at);
            at.innerHTML = '<button id=hurt onclick="document.documentElement.dataset.pwned=1">x</button>'
                + '<a id=go href="javascript:document.documentElement.dataset.pwned=1">y</a>';
            const script = document.createElement("script");
            script.textContent = "document.documentElement.dataset.pwned=1";
            document.body.append(script);
            document.getElementById("hurt").click();
            document.getElementById("go").click();
        }"""
    )
    page.wait_for_timeout(300)

    assert page.evaluate("document.documentElement.dataset.pwned") is None


@pytest.mark.parametrize("path", ["/login", "/account", "/people", "/audit"])
def test_every_page_says_what_it_may_load_and_each_time_anew(console: Console, path: str) -> None:
    with console.client("admin" if path != "/login" else None) as client:
        policies = [client.get(path).headers["content-security-policy"] for _ in range(2)]

    nonces = [re.findall(r"'nonce-([\w-]{20,})'", policy) for policy in policies]
    assert nonces[0] != nonces[1]
    assert "script-src-attr 'none'" in policies[0]
    assert "frame-ancestors 'self'" in policies[0]
    assert not re.search(r"script-src [^;]*'unsafe-inline'", policies[0])


def test_an_invited_person_chooses_a_password_once(console: Console, open_page: Callable[..., Page]) -> None:
    admin = open_page("admin", "/people")
    admin.get_by_test_id("invite").locator("summary").click()
    form = admin.get_by_test_id("invite-form")
    form.get_by_test_id("field-username").fill("Maria.P")
    form.get_by_test_id("field-name").fill("Μαρία")
    form.get_by_test_id("choose-role").select_option("lead")
    form.get_by_test_id("invite-send").click()
    link = admin.get_by_test_id("link-address").input_value()
    admin.goto(f"{console.url}/people")
    expect(admin.get_by_test_id("link")).to_have_count(0)

    page = admin.context.browser.new_page()  # type: ignore[union-attr]
    page.goto(link)
    for word, problem in (("maria.p-maria.p", "name"), (NEW, None)):
        page.get_by_test_id("field-new").fill(word)
        page.get_by_test_id("field-again").fill(word)
        page.get_by_test_id("submit").click()
        if problem:
            expect(page.get_by_test_id("problem")).to_be_visible()
    expect(page.get_by_test_id("login-done")).to_be_visible()
    expect(page.get_by_test_id("username")).to_have_value("maria.p")
    expect(page.get_by_test_id("password")).to_be_focused()
    page.goto(link)
    expect(page.get_by_test_id("gone")).to_be_visible()
    page.goto(f"{console.url}/login")
    page.get_by_test_id("password").fill(NEW)
    page.get_by_test_id("submit").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"{console.url}/logout")
    page.goto(f"{console.url}/login")
    expect(page.get_by_test_id("username")).to_have_value("")
    page.close()

    with console.client("maria.p", NEW) as client:
        assert client.get("/audit").status_code == 200


def test_a_link_expires_and_a_new_one_takes_its_place(console: Console) -> None:
    enrol(console.dsn, "Late")

    def new_link() -> str:
        with console.client("admin") as client:
            client.post(f"/people/{console.id_of('late')}/link")
            found = re.search(r"/welcome\?t=([\w-]+)", client.get("/people").text)
        assert found is not None
        return found[1]

    def choose(token: str) -> str:
        answer = httpx.post(f"{console.url}/welcome", data={"token": token, "new": NEW, "again": NEW})
        return answer.headers["location"]

    first, second = new_link(), new_link()
    assert choose(first).startswith("/welcome")
    with psycopg.connect(console.dsn) as connection:
        connection.execute("UPDATE password_links SET expires_at = now()")
    assert choose(second).startswith("/welcome")
    assert choose(new_link()) == "/login?problem=chosen"


def test_a_code_is_asked_for_and_opens_once(console: Console, open_page: Callable[..., Page]) -> None:
    enrol(console.dsn, "Stepan")
    page = open_page("stepan", "/account/second-step")
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("qr")).to_be_visible()
    secret = page.get_by_test_id("secret").inner_text().replace(" ", "")
    page.get_by_test_id("field-code").fill(pyotp.TOTP(secret).now())
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("codes").locator("code")).to_have_count(10)
    codes = page.get_by_test_id("codes").locator("code").all_inner_texts()
    expect(page.get_by_test_id("home")).to_have_attribute("href", "/console")
    page.reload()
    expect(page.get_by_test_id("codes")).to_have_count(0)

    def enters(code: str) -> bool:
        with httpx.Client(base_url=console.url, timeout=30) as client:
            assert console.logs_in(client, "stepan") == "/login/code"
            assert client.get("/account").status_code == 303
            client.post("/login/code", data={"code": code})
            return client.get("/account").status_code == 200

    with psycopg.connect(console.dsn, autocommit=True) as connection:
        kept = connection.execute("SELECT totp_secret FROM users WHERE username = 'stepan'").fetchone()
        assert kept is not None
        assert secret not in kept[0]
        connection.execute("UPDATE users SET totp_step = %s WHERE username = 'stepan'", [int(time.time()) // 30 - 2])
    code = pyotp.TOTP(secret).now()
    assert enters(code)
    assert not enters(code)
    assert enters(codes[0].upper())
    assert not enters(codes[0])
    console.users("second-step-off", "stepan")
    with console.client("stepan") as client:
        assert client.get("/account").status_code == 200


def test_codes_are_guessed_five_times_and_no_more(console: Console) -> None:
    enrol(console.dsn, "Guess")
    secret = pyotp.random_base32()
    with psycopg.connect(console.dsn) as connection:
        statement = "UPDATE users SET totp_secret = %s, totp_since = now() WHERE username = 'guess'"
        connection.execute(statement, [console.seal.close(secret)])
    with httpx.Client(base_url=console.url, timeout=30) as client:
        console.logs_in(client, "guess")
        wrong = [client.post("/login/code", data={"code": "nonsense"}) for _ in range(5)]
        right = client.post("/login/code", data={"code": pyotp.TOTP(secret).now()})

    assert {answer.headers["location"] for answer in wrong} == {"/login/code?problem=wrong"}
    assert right.headers["location"] == "/login/code?problem=locked"
