"""Person, visit, scan, finding and change."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "person",
        sa.Column("person_id", sa.String(32), primary_key=True),
        sa.Column("catalogue", sa.String(8), nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
    )
    op.create_table(
        "visit",
        sa.Column("person_id", sa.String(32), sa.ForeignKey("person.person_id"), primary_key=True),
        sa.Column("visit", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("catalogue", sa.String(8), nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
    )
    op.create_table(
        "scan",
        sa.Column("scan_key", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("visit", sa.Integer, nullable=False),
        sa.Column("scan", sa.Integer, nullable=False),
        sa.Column("subject_id", sa.String(100), nullable=False),
        sa.Column("study_uid_hash", sa.String(100), nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["person_id", "visit"], ["visit.person_id", "visit.visit"]),
        sa.UniqueConstraint("person_id", "visit", "scan"),
    )
    op.create_table(
        "finding",
        sa.Column("scan_key", sa.Integer, sa.ForeignKey("scan.scan_key"), primary_key=True),
        sa.Column("level", sa.String(12), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("items", sa.JSON, nullable=False),
    )
    op.create_table(
        "change",
        sa.Column("change_id", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(100), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("visit", sa.Integer),
        sa.Column("scan", sa.Integer),
        sa.Column("changes", sa.JSON, nullable=False),
    )
