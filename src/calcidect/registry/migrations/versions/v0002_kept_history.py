"""History that the database itself keeps from being changed, and indices for what is looked up."""

from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = "CREATE TRIGGER change_no_{verb} BEFORE {verb} ON change BEGIN SELECT RAISE(ABORT, 'append-only'); END"
_POSTGRESQL = (
    "CREATE FUNCTION change_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
    "CREATE TRIGGER change_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON change "
    "FOR EACH STATEMENT EXECUTE FUNCTION change_is_kept()",
)


def upgrade() -> None:
    """Refuse UPDATE and DELETE on ``change``."""
    op.create_index("ix_scan_study_uid_hash", "scan", ["study_uid_hash"])
    op.create_index("ix_change_person_id", "change", ["person_id"])
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in [_SQLITE.format(verb=verb) for verb in ("UPDATE", "DELETE")] if on_sqlite else _POSTGRESQL:
        op.execute(statement)
