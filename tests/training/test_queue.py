from hypothesis import given
from hypothesis import strategies as st

from explorer.training.queue import Waiting, order

owners = st.sampled_from("abc")
queues = st.lists(owners, max_size=12).map(lambda found: [Waiting(f"{n:03}", owner) for n, owner in enumerate(found)])
served = st.dictionaries(owners, st.floats(0, 100))


def test_ten_runs_of_one_keep_nobody_else_waiting() -> None:
    crowd = [Waiting(f"{n:03}", "busy") for n in range(10)]
    late = Waiting("999", "late")
    assert order([*crowd, late], [], {})[1] == late
    assert order([*crowd, late], ["busy"], {"busy": 5.0})[0] == late


@given(queues, st.lists(owners, max_size=3), served)
def test_everybody_comes_once_and_each_owner_in_the_order_asked(
    waiting: list[Waiting], under_way: list[str], served: dict[str, float]
) -> None:
    found = order(waiting, under_way, served)
    assert sorted(found) == sorted(waiting)
    for owner in "abc":
        own = [run for run in found if run.owner == owner]
        assert own == sorted(own)


@given(queues, st.lists(owners, max_size=3), served)
def test_nobody_gets_two_places_more_than_another_who_waits(
    waiting: list[Waiting], under_way: list[str], served: dict[str, float]
) -> None:
    """Counted with what is under way, at every point of the queue."""
    has = {owner: under_way.count(owner) for owner in "abc"}
    left = list(waiting)
    for run in order(waiting, under_way, served):
        assert has[run.owner] == min(has[other.owner] for other in left)
        has[run.owner] += 1
        left.remove(run)


@given(queues, st.permutations(range(12)), served)
def test_the_order_in_which_the_queue_is_read_does_not_matter(
    waiting: list[Waiting], places: list[int], served: dict[str, float]
) -> None:
    shuffled = [waiting[place] for place in places if place < len(waiting)]
    assert order(shuffled, [], served) == order(waiting, [], served)
