"""Records of calls."""
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of records."""
    op.create_table(
        "calls",
        sa.Column("batch", sa.BigInteger, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("moved", sa.Integer, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("call_key", sa.BigInteger),
        sa.Column("call_keys", sa.LargeBinary),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("batch", "node", "place", name="calls_pk"))
    op.create_index("calls_trunk_ix", "calls", ["trunk", "batch"])
    op.create_index("calls_call_key_ix", "calls", ["call_key"])
    op.create_index("calls_moved_ix", "calls", ["batch"], sqlite_where=sa.text("moved > 0"), postgresql_where=sa.text("moved > 0"))
