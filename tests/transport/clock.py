"""A loop's clock for tests: nobody sleeps."""
from collections.abc import Callable


class Timer:
    """A timer of the clock below."""

    def __init__(self, due_s: float, action: Callable[[], object]) -> None:
        self.due_s = due_s
        self.action = action
        self.is_cancelled = False

    def cancel(self) -> None:
        """Let it not fire."""
        self.is_cancelled = True


class Clock:
    """A loop's clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        """Return the time."""
        return self.now_s

    def call_later(self, delay_s: float, action: Callable[..., object], *arguments: object) -> Timer:
        """Set a timer."""
        self.timers.append(Timer(self.now_s + delay_s, lambda: action(*arguments)))
        return self.timers[-1]

    def fire(self) -> float:
        """Go to the next timer, fire it, and return how long that took."""
        timer = min(self.timers, key=lambda timer: timer.due_s)
        self.timers.remove(timer)
        waited_s, self.now_s = timer.due_s - self.now_s, timer.due_s
        if not timer.is_cancelled:
            timer.action()
        return waited_s

    def go_to(self, now_s: float) -> None:
        """Go to a time, and fire what is due until then."""
        while any(timer.due_s <= now_s for timer in self.timers):
            self.fire()
        self.now_s = now_s
