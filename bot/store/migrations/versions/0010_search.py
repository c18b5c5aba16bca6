"""Search over everything said, what each user has seen, and indexes for the queue page by page."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NOW = sa.text("clock_timestamp()")
_MOMENT = sa.DateTime(timezone=True)

# Words by the dictionaries of English, Russian and Greek, each by its script; Chinese, which has no spaces, by pairs of
# characters (and the last one of a stretch alone, so that a single character finds all it begins). Marks part words, and so
# does the step from letters to digits: `WL-2001`, `wl 2001` and `#wl2001` are the same.
_LEXEMES = r"""
CREATE FUNCTION warmline_lexemes(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.russian', regexp_replace(plain, '[\u0370-\u03ff\u1f00-\u1fff\u3400-\u9fff]+', ' ', 'g'))
        || to_tsvector('pg_catalog.greek', regexp_replace(plain, '[^\u0370-\u03ff\u1f00-\u1fff]+', ' ', 'g'))
        || array_to_tsvector(ARRAY(
            SELECT DISTINCT substr(stretch[1], place, 2)
            FROM regexp_matches(plain, '[\u3400-\u9fff]+', 'g') AS stretch, generate_series(1, length(stretch[1])) AS place
        ))
    FROM (
        SELECT regexp_replace(
            regexp_replace(
                regexp_replace(left(coalesce(said, ''), 20000), '[!-/:-@[-`{-~]+', ' ', 'g'), '([^ 0-9])([0-9])', '\1 \2', 'g'
            ), '([0-9])([^ 0-9])', '\1 \2', 'g'
        ) AS plain
    ) AS cut
$$
"""
# Names are no words of a dictionary: Will and May are stop words of English.
_NAMES = r"""
CREATE FUNCTION warmline_names(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', regexp_replace(coalesce(name, ''), '[!-/:-@[-`{-~]+', ' ', 'g'))
        || warmline_lexemes(name)
$$
"""


def upgrade() -> None:
    op.execute(_LEXEMES)
    op.execute(_NAMES)
    for table, expression in (
        ("messages", "warmline_lexemes(text)"),
        ("conversations", "warmline_names(shopper_name)"),
    ):
        op.add_column(
            table, sa.Column("search", postgresql.TSVECTOR(), sa.Computed(expression, persisted=True), nullable=True)
        )
        op.create_index(f"{table}_search", table, ["search"], unique=False, postgresql_using="gin")
    _index_numbers()
    op.drop_index("conversations_queue", "conversations")
    hottest: list[Any] = [sa.text("severity DESC"), "waiting_since", sa.text("last_inbound_at DESC NULLS LAST")]
    op.create_index("conversations_queue", "conversations", ["holder", *hottest], unique=False)
    op.create_index("conversations_hottest", "conversations", hottest, unique=False)
    op.create_index(op.f("ix_conversations_operator_id"), "conversations", ["operator_id"], unique=False)
    op.create_index(op.f("ix_handoffs_operator_id"), "handoffs", ["operator_id"], unique=False)
    op.create_table(
        "seen",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "conversation_id"),
    )
    op.create_index(op.f("ix_seen_conversation_id"), "seen", ["conversation_id"], unique=False)


def _index_numbers() -> None:
    ending = "reverse(regexp_replace({}, '[^0-9]', '', 'g')) text_pattern_ops"
    key = sa.text("upper(regexp_replace(order_number, '[^[:alnum:]]', '', 'g'))")
    op.create_index("conversations_phone", "conversations", [sa.text(ending.format("address"))],
                    postgresql_where=sa.text("channel = 'whatsapp'"))  # fmt: skip
    op.create_index("proofs_phone", "proofs", [sa.text(ending.format("value"))],
                    postgresql_where=sa.text("kind = 'phone'"))  # fmt: skip
    op.create_index("proofs_value", "proofs", ["value"], unique=False)
    op.create_index("complaints_order", "complaints", [key], unique=False)
    op.create_index("promises_order_key", "promises", [key], unique=False)


def downgrade() -> None:
    op.drop_table("seen")
    for table, name in (
        ("promises", "promises_order_key"),
        ("complaints", "complaints_order"),
        ("proofs", "proofs_value"),
        ("proofs", "proofs_phone"),
        ("conversations", "conversations_phone"),
        ("handoffs", op.f("ix_handoffs_operator_id")),
        ("conversations", op.f("ix_conversations_operator_id")),
        ("conversations", "conversations_hottest"),
        ("conversations", "conversations_queue"),
    ):
        op.drop_index(name, table)
    op.create_index("conversations_queue", "conversations", ["holder", sa.text("severity DESC"), "waiting_since"])
    for table in ("messages", "conversations"):
        op.drop_index(f"{table}_search", table)
        op.drop_column(table, "search")
    op.execute("DROP FUNCTION warmline_names")
    op.execute("DROP FUNCTION warmline_lexemes")
