"""The data plane's threads: started, watched, stopped."""
import threading

from hasip._fastpath import Router


class WorkerThreads:
    """One thread a worker, each inside Router.run_worker() without the GIL until stop()."""

    def __init__(self, router: Router, count: int) -> None:
        self._router = router
        self._threads = [
            threading.Thread(target=router.run_worker, args=(index,), name=f"hasip-worker-{index}", daemon=True) for index in range(count)
        ]

    def start(self) -> None:
        """Start them all."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let them leave their loops, and wait until they have."""
        self._router.stop()
        for thread in self._threads:
            thread.join()

    @property
    def are_running(self) -> bool:
        """True while every worker is in its loop."""
        return all(thread.is_alive() for thread in self._threads)
