"""What Alembic runs: every revision that is missing, in the transaction of the connection it is given."""
from alembic import context

from hasip.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=False)   # the caller's transaction
context.run_migrations()
