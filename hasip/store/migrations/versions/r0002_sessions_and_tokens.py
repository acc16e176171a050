"""Sessions and tokens; the audit log by name."""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what people are known by, besides their password."""
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("begun_s", sa.BigInteger, nullable=False),
        sa.Column("seen_s", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="sessions_pk"),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name="sessions_users_fk", ondelete="CASCADE"))
    op.create_index("sessions_user_ix", "sessions", ["user"])
    op.create_table(
        "tokens",
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("made_s", sa.BigInteger, nullable=False),
        sa.Column("ends_s", sa.BigInteger),
        sa.Column("seen_s", sa.BigInteger),
        sa.PrimaryKeyConstraint("user", "name", name="tokens_pk"),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name="tokens_users_fk", ondelete="CASCADE"),
        sa.UniqueConstraint("digest", name="tokens_digest_uq"))
    op.create_index("audit_name_ix", "audit", ["name"])
