"""What a request tells about the person behind it."""

from __future__ import annotations

import pytest
from fastapi import Request

from bot.console.visitor import from_this_machine, from_this_site, language_of, local_address, words_for
from tests.doubles.shipped import the_texts


def a_request(client: str = "127.0.0.1", /, **headers: str) -> Request:
    named = {"host": "localhost:8080"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "client": (client, 50000),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
    )


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        pytest.param({"accept_language": "el-GR,el;q=0.9,en;q=0.8"}, "el", id="the browser's"),
        pytest.param({"accept_language": "de, en;q=0.3, ru;q=0.7"}, "ru", id="the best it accepts"),
        pytest.param({"accept_language": "zh-TW"}, "zh", id="traditional chinese reads chinese"),
        pytest.param({"accept_language": "de"}, "en", id="none of ours"),
        pytest.param({"accept_language": ";;q=x,,"}, "en", id="nonsense"),
        pytest.param({}, "en", id="nothing"),
        pytest.param({"accept_language": "el", "cookie": "warmline_language=ru"}, "ru", id="chosen here"),
        pytest.param({"accept_language": "el", "cookie": "warmline_language=xx"}, "el", id="chosen is unknown"),
    ],
)
def test_the_interface_speaks_the_visitors_language(headers: dict[str, str], language: str) -> None:
    assert language_of(a_request(**headers), the_texts()) == language


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../../etc/passwd", "/etc/localtime", "x" * 5000])
def test_a_time_zone_that_is_none_is_utc(zone: str) -> None:
    words = words_for(a_request(cookie=f"warmline_zone={zone}"), the_texts())

    assert str(words.zone) == "UTC"


def test_the_browsers_time_zone_is_used() -> None:
    assert str(words_for(a_request(cookie="warmline_zone=Asia%2FShanghai"), the_texts()).zone) == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/console?c=1", "/console?c=1"),
        ("//evil.example/console", "/console"),
        ("/\\evil.example", "/console"),
        ("https://evil.example", "/console"),
        ("/console\r\nSet-Cookie: x=1", "/console"),
        ("", "/console"),
        (None, "/console"),
    ],
)
def test_a_login_leads_to_our_own_pages_only(asked: str | None, given: str) -> None:
    assert local_address(asked) == given


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        pytest.param({"sec_fetch_site": "same-origin"}, True, id="our form"),
        pytest.param({"sec_fetch_site": "cross-site"}, False, id="another site's form"),
        pytest.param({"sec_fetch_site": "same-site"}, False, id="a neighbour's form"),
        pytest.param({"origin": "http://localhost:8080"}, True, id="our origin"),
        pytest.param({"origin": "http://evil.example"}, False, id="another origin"),
        pytest.param({}, True, id="no browser"),
    ],
)
def test_a_form_counts_only_from_our_own_site(headers: dict[str, str], ours: bool) -> None:
    assert from_this_site(a_request(**headers)) is ours


@pytest.mark.parametrize(
    ("request_", "here"),
    [
        pytest.param(a_request(), True, id="a browser here"),
        pytest.param(a_request("::1", host="[::1]:8080"), True, id="over IPv6"),
        pytest.param(a_request("192.0.2.7"), False, id="another machine"),
        pytest.param(a_request(x_forwarded_for="203.0.113.9"), False, id="through a proxy"),
        pytest.param(a_request(forwarded="for=203.0.113.9"), False, id="through another proxy"),
        pytest.param(a_request(host="rebound.example"), False, id="a name that points here"),
        pytest.param(a_request("testclient"), False, id="no address at all"),
    ],
)
def test_the_demo_knows_a_browser_on_this_machine(request_: Request, here: bool) -> None:
    assert from_this_machine(request_) is here
