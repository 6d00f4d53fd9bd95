"""Run the steps in the connection that the room gives, as one transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="calcidect_version",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
