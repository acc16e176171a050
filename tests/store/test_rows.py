"""Domain and rows: nothing of the domain is left out."""
import dataclasses
from dataclasses import replace

import pytest
from hypothesis import given, settings

from hasip.domain.trunk import Account, Core, Provisioning, Region, Target, Trunk, Zone
from hasip.store.assembly import Assembly
from hasip.store.rows import ACCOUNT, ACCOUNT_TARGET, CORE, CORE_TARGET, REGION, TRUNK, ZONE, ZONE_TARGET, Shape, rows_of_core, rows_of_trunk

from .worlds import provisionings

# Fields that are no columns: where Assembly gets them.
MADE_OF_PARTS = {
    "Core": {"targets", "regions"}, "Account": {"target", "password"}, "Zone": {"target"}, "Region": {"zones"}, "Target": set(),
    "Trunk": {"numbers", "primary", "secondary", "regions"}}


@pytest.mark.parametrize(("shape", "kind"), [(CORE, Core), (TRUNK, Trunk), (ACCOUNT, Account), (ZONE, Zone), (REGION, Region),
                                             (ACCOUNT_TARGET, Target), (ZONE_TARGET, Target), (CORE_TARGET, Target)])
def test_every_field_has_its_column_or_is_made_of_parts(shape: Shape, kind: type) -> None:
    assert {field.name for field in dataclasses.fields(kind)} - shape.fields == MADE_OF_PARTS[kind.__name__]


@settings(max_examples=60)
@given(provisionings())
def test_rows_make_what_they_were_made_of(provisioning: Provisioning) -> None:
    rows: dict[str, list[object]] = {}
    for peer_rows in (*map(rows_of_core, provisioning.cores), *map(rows_of_trunk, provisioning.trunks)):
        for table, values in peer_rows:
            rows.setdefault(table.name, []).append(values)
    assembly = Assembly()
    for table in Assembly.READ_ORDER:
        assembly.take(table.name, rows.get(table.name, ()))
    assert assembly.provisioning() == replace(provisioning, warnings=())
