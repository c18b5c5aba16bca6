"""The command line: `python -m bot --help`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from bot import demo, log
from bot.errors import WarmlineError
from bot.running.once import in_transaction
from bot.running.users import users
from bot.settings import ROOT, Settings
from bot.store.csv_orders import read_order_file
from bot.store.csv_products import read_product_file
from bot.store.migrate import migrate
from bot.store.unit_of_work import Work
from responses.book import ResponseBook


class Target(StrEnum):
    """What can be measured on labelled messages from elsewhere."""

    EMOTION = "emotion"
    INTENT = "intent"
    ABUSE = "abuse"


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Warmline.")
shoppers = typer.Typer(no_args_is_help=True, help="What is kept of one shopper.")
app.add_typer(shoppers, name="shoppers")
orders = typer.Typer(no_args_is_help=True, help="The shop's orders.")
products = typer.Typer(no_args_is_help=True, help="The shop's products.")
policy = typer.Typer(no_args_is_help=True, help="The de-escalation policy.")
telegram = typer.Typer(no_args_is_help=True, help="The Telegram bot.")
whatsapp = typer.Typer(no_args_is_help=True, help="WhatsApp through Twilio.")
letters = typer.Typer(no_args_is_help=True, help="What channels brought and nobody could read.")
app.add_typer(orders, name="orders")
app.add_typer(products, name="products")
app.add_typer(policy, name="policy")
app.add_typer(telegram, name="telegram")
app.add_typer(whatsapp, name="whatsapp")
app.add_typer(letters, name="dead-letters")
app.add_typer(users, name="users")


@app.command()
def up() -> None:
    """Start everything: database, model, Rasa, actions, gateway, worker, console."""
    from bot.running.up import up as run  # noqa: PLC0415  other commands need none of what this loads

    asyncio.run(run(Settings.from_env()))


@app.command()
def serve(
    *, worker: Annotated[bool, typer.Option(help="Also run the background jobs in this process.")] = True
) -> None:
    """Serve webhooks, console and pages."""
    from bot.wiring import build_gateway  # noqa: PLC0415

    settings = _settings()
    uvicorn.run(
        build_gateway(settings, worker=worker),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        # Behind a proxy on this machine the caller's address is in X-Forwarded-For.
        forwarded_allow_ips="127.0.0.1",
    )


@app.command()
def worker() -> None:
    """Run background jobs only; as many of these as you like, on as many machines."""
    from bot.wiring import run_worker  # noqa: PLC0415

    asyncio.run(run_worker(_settings()))


@app.command(name="migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    migrate(_settings().dsn)


@app.command()
def train() -> None:
    """Train the model if the training files changed, and print where it is."""
    from bot.running.training import train as run  # noqa: PLC0415

    typer.echo(run(Settings.from_env().warmline_home))


@app.command()
def evaluate(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Held-out messages only, no cross-validation.")] = False,
    external: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help='Labelled messages instead: {"text", "label", "lang"} a line.'),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FROM=TO", help="Rename labels, theirs and ours; FROM=- drops rows. Or a YAML file."
        ),
    ] = None,
    target: Annotated[Target, typer.Option(help="What the labels of FILE.jsonl are.")] = Target.EMOTION,
    model: Annotated[
        Path | None, typer.Option(metavar="FILE.tar.gz", help="Measure this model instead of a new one.")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Write all figures there too.")] = None,
) -> None:
    """Measure how well intents and feelings are read; writes a page, and benchmarks/nlu.md when nothing is left out."""
    from bot.running.evaluation import Options  # noqa: PLC0415
    from bot.running.evaluation import evaluate as run  # noqa: PLC0415

    run(Settings.from_env().warmline_home, Options(quick, external, names or (), target, model, json))


@app.command()
def rehearse(
    *,
    language: Annotated[
        list[str] | None, typer.Option(help="Only the personas of this language; may be repeated.")
    ] = None,
    persona: Annotated[list[str] | None, typer.Option(help="Only the persona of this name; may be repeated.")] = None,
    url: Annotated[
        str | None,
        typer.Option(help="A system that runs, with the demo shop and our database; its operators will see the chats."),
    ] = None,
) -> None:
    """Let scripted personas speak to the whole system, and show where a course is not as expected."""
    from bot.rehearsal.command import rehearse as run  # noqa: PLC0415

    if not asyncio.run(run(language or (), persona or (), url)):
        raise typer.Exit(1)


@shoppers.command("export")
def export_shopper(
    channel: Annotated[str, typer.Argument(help="telegram, whatsapp or web")],
    address: Annotated[str, typer.Argument(help="Telegram's chat id, or the phone number as +306900000042")],
    *,
    to: Annotated[Path, typer.Option(metavar="FILE.zip", help="A new file.")] = Path("shopper.zip"),
) -> None:
    """Write everything that is kept of a shopper to a ZIP, as JSON and files (docs/privacy.md)."""
    from bot.running.shoppers import export  # noqa: PLC0415

    asyncio.run(export(Settings.from_env(), channel, address, to))
    typer.echo(f"{to} written; it holds what they said, so keep it as you would a letter")


@shoppers.command("erase")
def erase_shopper(
    channel: Annotated[str, typer.Argument(help="telegram, whatsapp or web")],
    address: Annotated[str, typer.Argument(help="Telegram's chat id, or the phone number as +306900000042")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything that is kept of a shopper, for good. Orders and what is still owed stay."""
    from bot.running.shoppers import erase  # noqa: PLC0415

    if not yes:
        typer.confirm(f"Delete everything that is kept of {address} on {channel}, for good?", abort=True)
    asyncio.run(erase(Settings.from_env(), channel, address))
    typer.echo("deleted; their files go as soon as a worker runs")


@orders.command("import")
def import_orders(file: Annotated[Path, typer.Argument(metavar="FILE.csv")]) -> None:
    """Add orders from a CSV file, or bring them up to date. All lines or none."""
    read = read_order_file(file)
    _import(f"{len(read)} orders", lambda work: work.orders.put(read))


@products.command("import")
def import_products(file: Annotated[Path, typer.Argument(metavar="FILE.csv")]) -> None:
    """Add products from a CSV file, or bring them up to date. All lines or none."""
    read = read_product_file(file)
    _import(f"{len(read)} products", lambda work: work.products.put(read))


@policy.command("replay")
def replay_policy(
    *,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day of the conversations; else the last 30 days."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE.yml", help="A changed copy of the policy, to compare.")
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Scripted conversations, such as benchmarks/handoff.jsonl."),
    ] = None,
) -> None:
    """Show what a policy would have handed over, when and why, in conversations as they were. Changes nothing."""
    from bot.running.replay import recorded, replay, scripted  # noqa: PLC0415

    first = since.astimezone() if since else datetime.now().astimezone() - timedelta(days=30)
    talks = scripted(script) if script else asyncio.run(in_transaction(lambda work: recorded(work, first)))
    replay(talks, Settings.from_env().policy_file, policy, Console())


@telegram.command("set-webhook")
def telegram_set_webhook() -> None:
    """Tell Telegram to bring updates to PUBLIC_URL; what waits there comes with the first of them."""
    from bot.channels.telegram.command import set_our_webhook  # noqa: PLC0415

    typer.echo(asyncio.run(set_our_webhook(Settings.from_env())))


@telegram.command("info")
def telegram_info() -> None:
    """Tell how Telegram reaches us, and what went wrong last."""
    from bot.channels.telegram.command import info  # noqa: PLC0415

    typer.echo(asyncio.run(info(Settings.from_env())))


@telegram.command("menu")
def telegram_menu() -> None:
    """Set the bot's commands and descriptions in every language (each start does so, too)."""
    from bot.channels.telegram.command import menu  # noqa: PLC0415

    typer.echo(asyncio.run(menu(Settings.from_env(), ResponseBook.load(ROOT / "responses"))))


@whatsapp.command("check")
def whatsapp_check() -> None:
    """Tell what is missing before shoppers can write: settings, addresses, the account, the sender, the templates."""
    from bot.channels.whatsapp.command import check  # noqa: PLC0415

    async def look() -> bool:
        fine = True
        async for finding in check(Settings.from_env()):
            typer.echo(str(finding))
            fine = fine and finding.fine
        return fine

    if not asyncio.run(look()):
        raise typer.Exit(1)


@letters.command("list")
def list_letters(
    *, body: Annotated[bool, typer.Option("--body", help="Show what was sent; it may hold a shopper's words.")] = False
) -> None:
    """Show what waits to be read."""

    async def listed(work: Work) -> None:
        for kept in await work.dead_letters.unread():
            letter = kept.letter
            typer.echo(f"{kept.id}\t{kept.received_at:%Y-%m-%d %H:%M}\t{letter.channel}\t{letter.reason}")
            if body:
                typer.echo(letter.body)

    asyncio.run(in_transaction(listed))


@letters.command("replay")
def replay_letters(ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...")] = None) -> None:
    """Read letters again, all or some: what can be read by now is answered as if it had just come."""
    from bot.running.letters import replay as run  # noqa: PLC0415

    read, left = asyncio.run(run(Settings.from_env(), ids or ()))
    typer.echo(f"{read} read, {left} still cannot be")


@letters.command("drop")
def drop_letters(ids: Annotated[list[int], typer.Argument(metavar="ID...")]) -> None:
    """Delete letters for good."""

    async def drop(work: Work) -> None:
        typer.echo(f"{await work.dead_letters.drop(*ids)} deleted")

    asyncio.run(in_transaction(drop))


def _import(what: str, put: Callable[[Work], Awaitable[None]]) -> None:
    """Let `put` keep what was read, in place of the demo shop, and tell both."""

    async def replaced(work: Work) -> demo.DemoShop:
        removed = await demo.remove(work)
        await put(work)
        return removed

    removed = asyncio.run(in_transaction(replaced))
    typer.echo(f"{what} imported" + (f", demo shop removed ({removed})" if removed else ""))


def _settings() -> Settings:
    settings = Settings.from_env()
    log.set_up(as_json=settings.log_json)
    return settings


def main() -> None:
    """Run a command; a mistake of the caller ends in one sentence, not in a traceback."""
    try:
        app()
    except WarmlineError as exc:
        typer.echo(f"warmline: {exc}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
