"""Monitoring reports, and the triggers that keep a signed one as it was signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEPT = {"monitoring_reports": "OLD.state = 'signed'", "monitoring_report_parts": "true"}
"""What may not be changed or deleted; the parts of a report are what it was merged from, from the start."""

SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER {table}_stay_{change.lower()} BEFORE {change} ON {table} WHEN {kept} "
    "BEGIN SELECT RAISE(ABORT, 'a signed report never changes'); END"
    for table, kept in KEPT.items()
    for change in ("UPDATE", "DELETE")
)

POSTGRESQL_TRIGGERS = (
    """
    CREATE FUNCTION refuse_report_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a signed report never changes'; END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW WHEN ({kept}) EXECUTE FUNCTION refuse_report_change()
        """
        for table, kept in KEPT.items()
    ),
)


def upgrade() -> None:
    op.create_table(
        "monitoring_reports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("division", sa.String(length=32), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("forecast_id", sa.String(length=32), nullable=True),
        sa.Column("previous_id", sa.String(length=32), nullable=True),
        sa.Column("comments", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(length=200), nullable=True),
        sa.Column("signed_name", sa.String(length=200), nullable=True),
        sa.CheckConstraint("level IN ('district', 'city')", name=op.f("ck_monitoring_reports_level")),
        sa.CheckConstraint("state IN ('draft', 'signed')", name=op.f("ck_monitoring_reports_state")),
        sa.CheckConstraint(
            "(level = 'district' AND division IS NOT NULL AND forecast_id IS NOT NULL)"
            " OR (level = 'city' AND division IS NULL AND forecast_id IS NULL)",
            name=op.f("ck_monitoring_reports_scope"),
        ),
        sa.CheckConstraint(
            "(state = 'draft' AND signed_at IS NULL AND signed_by IS NULL AND signed_name IS NULL)"
            " OR (state = 'signed' AND signed_at IS NOT NULL AND signed_by IS NOT NULL AND signed_name IS NOT NULL)",
            name=op.f("ck_monitoring_reports_signature"),
        ),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecasts.id"], name=op.f("fk_monitoring_reports_forecast_id_forecasts")
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["monitoring_reports.id"],
            name=op.f("fk_monitoring_reports_previous_id_monitoring_reports"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring_reports")),
    )
    for column in ("created_at", "division", "forecast_id"):
        op.create_index(op.f(f"ix_monitoring_reports_{column}"), "monitoring_reports", [column])
    op.create_table(
        "monitoring_report_parts",
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("part_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"], ["monitoring_reports.id"], name=op.f("fk_monitoring_report_parts_part_id_monitoring_reports")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["monitoring_reports.id"],
            name=op.f("fk_monitoring_report_parts_report_id_monitoring_reports"),
        ),
        sa.PrimaryKeyConstraint("report_id", "part_id", name=op.f("pk_monitoring_report_parts")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for trigger in SQLITE_TRIGGERS if sqlite else POSTGRESQL_TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("monitoring_report_parts")
    op.drop_table("monitoring_reports")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_report_change()")
