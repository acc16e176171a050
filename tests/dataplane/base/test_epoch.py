"""Publication: what was retired is freed only when no worker can hold it."""
from concurrent.futures import ThreadPoolExecutor

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests import _base_threads

WORKERS = 3


def test_what_is_published_is_what_a_worker_reads():
    publication = _base_threads.Publication()
    assert publication.enter(0) == 0
    assert publication.publish(7)[0] == 0 and publication.publish(8)[0] == 7
    assert publication.enter(1) == 8


def test_the_old_world_is_kept_while_a_reader_is_inside():
    publication = _base_threads.Publication()
    publication.publish(7)
    assert publication.enter(1) == 7
    old, epoch = publication.publish(8)
    assert old == 7 and not publication.has_passed(epoch, WORKERS)
    publication.leave(1)
    assert publication.has_passed(epoch, WORKERS)


def test_a_reader_that_came_after_the_exchange_does_not_hold_the_old_world():
    publication = _base_threads.Publication()
    _, epoch = publication.publish(7)
    assert publication.enter(0) == 7 and publication.has_passed(epoch, WORKERS)


def test_a_reader_that_left_and_came_again_does_not_hold_the_old_world():
    publication = _base_threads.Publication()
    publication.publish(7)
    publication.enter(0)
    _, epoch = publication.publish(8)
    publication.leave(0)
    assert publication.enter(0) == 8 and publication.has_passed(epoch, WORKERS)


def test_nobody_inside_holds_nothing():
    publication = _base_threads.Publication()
    assert all(publication.has_passed(publication.publish(world)[1], WORKERS) for world in range(1, 5))


class PublicationModel(RuleBasedStateMachine):
    """Workers come and go, worlds are published: a world somebody holds has never passed, and one that nobody can hold has."""

    def __init__(self):
        super().__init__()
        self.publication = _base_threads.Publication()
        self.current, self.next_world = 0, 1
        self.held = {}                      # worker → (world, epochs begun when it entered)
        self.retired = []                   # (world, epoch)

    @rule(worker=st.integers(0, WORKERS - 1))
    def enter(self, worker):
        self.held[worker] = self.publication.enter(worker), len(self.retired)
        assert self.held[worker][0] == self.current

    @rule(worker=st.integers(0, WORKERS - 1))
    def leave(self, worker):
        self.publication.leave(worker)
        self.held.pop(worker, None)

    @rule()
    def publish(self):
        old, epoch = self.publication.publish(self.next_world)
        assert old == self.current
        self.retired.append((old, epoch))
        self.current = self.next_world
        self.next_world += 1

    @rule()
    def what_has_passed_is_held_by_nobody(self):
        for place, (_, epoch) in enumerate(self.retired):
            is_held = any(entered <= place for _, entered in self.held.values())
            assert self.publication.has_passed(epoch, WORKERS) != is_held


TestPublicationModel = PublicationModel.TestCase


def test_threads_never_see_a_world_that_was_spoilt_after_it_passed():
    publication = _base_threads.Publication(world_count=2_000)
    with ThreadPoolExecutor(3) as threads:
        visits = [threads.submit(publication.visit_worlds, worker) for worker in range(2)]
        threads.submit(publication.publish_worlds, 2).result()
        assert [visit.result() for visit in visits] == [0, 0]
