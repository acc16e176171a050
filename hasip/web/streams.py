"""How many streams of news each person has open. Shared by API and console."""
import contextlib
from collections import Counter
from collections.abc import Iterator


class OpenStreams:
    """The streams that are open. Threads: the loop's."""

    def __init__(self, each_max: int) -> None:
        self.each_max = each_max
        self._open: Counter[str] = Counter()        # by person

    def has_room(self, name: str) -> bool:
        """True while somebody may open one more."""
        return self._open[name] < self.each_max

    @contextlib.contextmanager
    def one_more(self, name: str) -> Iterator[None]:
        """Count a stream of somebody, while the block runs."""
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]
