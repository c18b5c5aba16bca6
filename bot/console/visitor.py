"""Who is looking at a page: logged in as whom, in which language and time zone, from where."""

from __future__ import annotations

import ipaddress
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import negotiate_locale
from fastapi import Request
from fastapi.requests import HTTPConnection

from bot.console.texts import DEFAULT, Texts, Words
from bot.domain.people import Session, User
from bot.store.unit_of_work import Store

LOGIN_KEY = "login"
SHOPPER_KEY = "shopper"
LANGUAGE_COOKIE = "warmline_language"
_ZONE_COOKIE = "warmline_zone"
# In this order: Edge and Opera say Chrome as well, and Chrome says Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser", "Yandex Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


async def logged_in(request: Request, store: Store) -> User | None:
    """Return who is logged in, as long as they still may be."""
    found = await session_of(request, store)
    return found[1] if found and not found[0].limited else None


async def session_of(request: Request, store: Store) -> tuple[Session, User] | None:
    """Return the open session of a browser, and whose it is."""
    token = request.session.get(LOGIN_KEY)
    if not isinstance(token, str):
        return None
    async with store.begin() as work:
        return await work.sessions.of(token)


def browser_of(request: Request) -> str:
    """Return what the browser calls itself, as `Firefox, Windows`; a question mark for what we do not know."""
    said = request.headers.get("user-agent", "")
    name = next((name for sign, name in _BROWSERS if sign in said), "?")
    system = next((system for sign, system in _SYSTEMS if sign in said), "?")
    return f"{name}, {system}"


def address_of(request: Request) -> str:
    """Return whose guesses are counted together: an IPv4 address, or the /64 network somebody has all of in IPv6."""
    return _network(request, 32, 64)


def network_of(request: Request) -> str:
    """Return the part of the address that helps somebody know their own session, and tells no more than a town."""
    return _network(request, 24, 48)


def words_for(request: Request, texts: Texts) -> Words:
    """Return the interface in the language chosen here, else the browser's, and in the browser's time zone."""
    return texts.words(language_of(request, texts), _zone(request))


def language_of(request: Request, texts: Texts) -> str:
    """Return the language chosen in this browser, else the best of those it accepts."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in texts.languages:
        return chosen
    accepted = [part.partition(";") for part in request.headers.get("accept-language", "").split(",")]
    ranked = sorted(accepted, key=lambda part: _quality(part[2]), reverse=True)
    wanted = [name.strip().partition("-")[0].lower() for name, _, _ in ranked if name.strip()]
    return negotiate_locale(wanted, texts.languages) or DEFAULT


def local_address(path: str | None, otherwise: str = "/console") -> str:
    """Return an address on this site, so that a link cannot send somebody elsewhere after they log in."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return otherwise
    return path


def from_this_site(request: HTTPConnection) -> bool:
    """True when a form or a socket comes from one of our own pages (or from a client that is no browser)."""
    if site := request.headers.get("sec-fetch-site"):
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def from_this_machine(request: Request) -> bool:
    """True for a browser on this machine asking for a local name; False behind a proxy or for a rebound name."""
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip")):
        return False
    try:
        loopback = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
    return loopback and request.url.hostname in {"localhost", "127.0.0.1", "::1"}


def _network(request: Request, four: int, six: int) -> str:
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return "?"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return str(address)
    bits = four if address.version == 4 else six
    return str(ipaddress.ip_network((address, bits), strict=False)).removesuffix("/32")


def _quality(parameters: str) -> float:
    try:
        return float(parameters.strip().removeprefix("q="))
    except ValueError:
        return 1.0


def _zone(request: Request) -> ZoneInfo | None:
    name = request.cookies.get(_ZONE_COOKIE, "").replace("%2F", "/")
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
