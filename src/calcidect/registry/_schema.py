"""The tables of the database, as the newest migration leaves them.

Items stand in one JSON document per record, checked against the catalogue before they are written: a new item needs no
migration. What is looked up has its own column.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()
Document = sa.JSON

person = sa.Table(
    "person",
    metadata,
    sa.Column("person_id", sa.String(32), primary_key=True),
    sa.Column("catalogue", sa.String(8), nullable=False),
    sa.Column("items", Document, nullable=False),
)
visit = sa.Table(
    "visit",
    metadata,
    sa.Column("person_id", sa.String(32), sa.ForeignKey("person.person_id"), primary_key=True),
    sa.Column("visit", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("catalogue", sa.String(8), nullable=False),
    sa.Column("items", Document, nullable=False),
)
scan = sa.Table(
    "scan",
    metadata,
    sa.Column("scan_key", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.String(32), nullable=False),
    sa.Column("visit", sa.Integer, nullable=False),
    sa.Column("scan", sa.Integer, nullable=False),
    sa.Column("subject_id", sa.String(100), nullable=False),
    sa.Column("study_uid_hash", sa.String(100), nullable=False, index=True),
    sa.Column("items", Document, nullable=False),
    sa.ForeignKeyConstraint(["person_id", "visit"], ["visit.person_id", "visit.visit"]),
    sa.UniqueConstraint("person_id", "visit", "scan"),
)
finding = sa.Table(
    "finding",
    metadata,
    sa.Column("scan_key", sa.Integer, sa.ForeignKey("scan.scan_key"), primary_key=True),
    sa.Column("level", sa.String(12), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("items", Document, nullable=False),
)
change = sa.Table(
    "change",
    metadata,
    sa.Column("change_id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("who", sa.String(100), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("level", sa.String(12), nullable=False),
    sa.Column("person_id", sa.String(32), nullable=False, index=True),
    sa.Column("visit", sa.Integer),
    sa.Column("scan", sa.Integer),
    sa.Column("changes", Document, nullable=False),
)
"""Append-only: the database itself refuses to change or delete its rows."""
