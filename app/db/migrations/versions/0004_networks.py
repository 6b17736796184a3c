"""Road networks, and which one a dataset has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "networks",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_networks")),
    )
    with op.batch_alter_table("datasets") as datasets:
        datasets.add_column(sa.Column("network_hash", sa.String(length=64), nullable=True))
        datasets.create_foreign_key(op.f("fk_datasets_network_hash_networks"), "networks", ["network_hash"], ["hash"])


def downgrade() -> None:
    with op.batch_alter_table("datasets") as datasets:
        datasets.drop_constraint(op.f("fk_datasets_network_hash_networks"), type_="foreignkey")
        datasets.drop_column("network_hash")
    op.drop_table("networks")
