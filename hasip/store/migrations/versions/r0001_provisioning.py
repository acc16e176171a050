"""Provisioning, users, audit."""
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    state = op.create_table(
        "state",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="state_one_ck"), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("realm", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="state_pk"))
    op.bulk_insert(state, [{"id": 1, "generation": 0, "realm": ""}])
    create_peers()
    create_parts()
    create_regions("core", "cores")
    create_regions("trunk", "trunks")
    create_people()


def create_peers() -> None:
    """Create cores and trunks."""
    op.create_table(
        "cores",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("allow", sa.Text, nullable=False),
        sa.Column("no_response_ms", sa.Integer, nullable=False),
        sa.Column("mode", sa.Text),
        sa.Column("intra_region", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="cores_pk"))
    op.create_table(
        "trunks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("core", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("caller_id", sa.Text, nullable=False),
        sa.Column("add_ons", sa.Text, nullable=False),
        sa.Column("intra_region", sa.Text, nullable=False),
        sa.Column("caller_id_policy", sa.Text, nullable=False),
        sa.Column("failover_codes", sa.Text, nullable=False),
        sa.Column("failover_after_progress", sa.Text, nullable=False),
        sa.Column("no_response_ms", sa.Integer, nullable=False),
        sa.Column("ring_timeout_s", sa.Integer, nullable=False),
        sa.Column("max_call_s", sa.Integer, nullable=False),
        sa.Column("pool_full_status", sa.Integer, nullable=False),
        sa.Column("pool_full_status_to_trunk", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="trunks_pk"),
        sa.ForeignKeyConstraint(["core"], ["cores.name"], name="trunks_cores_fk"))
    op.create_index("trunks_core_ix", "trunks", ["core"])


def target_columns() -> list[sa.Column]:    # type: ignore[type-arg]
    """Return the columns of a place that calls can be sent to."""
    return [sa.Column("host", sa.Text, nullable=False), sa.Column("port", sa.Integer, nullable=False), sa.Column("transport", sa.Text, nullable=False),
            sa.Column("large_by_tcp", sa.Boolean, nullable=False)]


def create_parts() -> None:
    """Create what cores and trunks consist of."""
    op.create_table(
        "core_targets",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        *target_columns(),
        sa.PrimaryKeyConstraint("owner", "position", name="core_targets_pk"),
        sa.ForeignKeyConstraint(["owner"], ["cores.name"], name="core_targets_cores_fk", ondelete="CASCADE"))
    op.create_table(
        "numbers",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="numbers_pk"),
        sa.ForeignKeyConstraint(["owner"], ["trunks.name"], name="numbers_trunks_fk", ondelete="CASCADE"))
    op.create_index("numbers_owner_ix", "numbers", ["owner"])
    op.create_table(
        "accounts",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("authentication", sa.Text, nullable=False),
        sa.Column("allow", sa.Text, nullable=False),
        *target_columns(),
        sa.Column("username", sa.Text),
        sa.Column("ha1_md5", sa.Text, nullable=False),
        sa.Column("ha1_sha256", sa.Text, nullable=False),
        sa.Column("probe", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name="accounts_pk"),
        sa.ForeignKeyConstraint(["owner"], ["trunks.name"], name="accounts_trunks_fk", ondelete="CASCADE"),
        sa.UniqueConstraint("username", name="accounts_username_uq"))


def create_regions(peer: str, peers: str) -> None:
    """Create the regions and zones of cores, or of trunks."""
    op.create_table(
        f"{peer}_regions",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("owner", "position", name=f"{peer}_regions_pk"),
        sa.ForeignKeyConstraint(["owner"], [f"{peers}.name"], name=f"{peer}_regions_{peers}_fk", ondelete="CASCADE"))
    op.create_table(
        f"{peer}_zones",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("region", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("allow", sa.Text, nullable=False),
        *target_columns(),
        sa.Column("interface", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.PrimaryKeyConstraint("owner", "region", "position", name=f"{peer}_zones_pk"),
        sa.ForeignKeyConstraint(["owner", "region"], [f"{peer}_regions.owner", f"{peer}_regions.position"], name=f"{peer}_zones_{peer}_regions_fk", ondelete="CASCADE"))


def create_people() -> None:
    """Create who may log in, and what was done by whom."""
    op.create_table(
        "users",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, sa.CheckConstraint("role IN ('operator', 'customer')", name="users_role_ck"), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="users_pk"))
    op.create_table(
        "user_trunks",
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user", "trunk", name="user_trunks_pk"),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name="user_trunks_users_fk", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["trunk"], ["trunks.name"], name="user_trunks_trunks_fk", ondelete="CASCADE"))
    op.create_index("user_trunks_trunk_ix", "user_trunks", ["trunk"])
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("old", sa.Text, nullable=False),
        sa.Column("new", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pk"))
    op.create_index("audit_generation_ix", "audit", ["generation"])
    op.create_index("audit_at_ix", "audit", ["at"])
