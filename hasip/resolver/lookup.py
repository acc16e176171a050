"""One look-up of a target: its steps with real answers, and the last good one wherever a query fails. Source: RFC 8767."""
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from hasip.resolver.locate import Located, Steps
from hasip.resolver.records import Answer, Query

Ask = Callable[[Query], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a target is, and what that rests on."""

    located: Located
    answers: Mapping[Query, Answer]         # good ones only: to remember for the next time
    is_stale: bool = False                  # at least one of them is from an earlier look-up
    trouble: str = ""                       # why a query failed, if one did


async def look_up(steps: Steps, ask: Ask, remembered: Mapping[Query, Answer]) -> Finding:
    """Go through the steps to their end. Errors: DnsTrouble, when a query failed that nothing is remembered of."""
    answers: dict[Query, Answer] = {}
    troubles: list[str] = []
    is_stale = False
    try:
        queries = next(steps)
        while True:
            for query, answer in (await ask_all(queries, ask)).items():
                if answer.trouble:
                    troubles.append(answer.trouble)
                    is_stale |= query in remembered
                answers[query] = remembered.get(query, answer) if answer.trouble else answer
            queries = steps.send([answers[query] for query in queries])
    except StopIteration as end:
        good = {query: answer for query, answer in answers.items() if not answer.trouble}
        return Finding(end.value, good, is_stale, next(iter(troubles), ""))


async def ask_all(queries: Iterable[Query], ask: Ask) -> dict[Query, Answer]:
    """Ask all at once, each once, and wait for all answers."""
    async def answer_of(query: Query) -> Answer:
        return await ask(query)

    async with asyncio.TaskGroup() as group:
        tasks = {query: group.create_task(answer_of(query)) for query in dict.fromkeys(queries)}
    return {query: task.result() for query, task in tasks.items()}
