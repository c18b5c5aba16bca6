"""Alembic's entry: runs the migrations on the connection `bot.store.migrate` hands over."""

from alembic import context

from bot.store.tables import Table

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    # procrastinate's tables are made from its own schema file, Rasa's by Rasa
    include_name=lambda name, kind, _: not (kind == "table" and str(name).startswith("procrastinate")),
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
