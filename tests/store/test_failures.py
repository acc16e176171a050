"""What a database says, told as ours."""
import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from hasip.store import Store, StoreAway, StoreBusy, StoreError, find_trunk
from hasip.store.failures import failures_as_ours


class FromDriver(Exception):
    """What asyncpg raises, as far as it is looked at."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("deadlock detected")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(("sqlstate", "kind"), [("40P01", StoreBusy), ("40001", StoreBusy), ("22021", StoreError), ("57P01", StoreAway)])
def test_what_postgresql_says_by_its_code_is_told_as_what_it_is(sqlstate: str, kind: type[StoreError]) -> None:
    with pytest.raises(StoreError) as caught, failures_as_ours("store"):
        raise DBAPIError("SELECT 1", {}, FromDriver(sqlstate))
    assert type(caught.value) is kind


def test_a_name_that_no_text_has_does_not_make_the_store_away(url: str) -> None:
    async def run() -> None:
        async with Store(url) as store:
            try:
                assert await find_trunk(store, "a\0b") is None
            except StoreError as error:
                assert not isinstance(error, StoreAway | StoreBusy)

    asyncio.run(run())
