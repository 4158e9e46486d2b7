"""The breaker stops requests to what keeps failing, and lets one through now and then."""

from hypothesis import given
from hypothesis import strategies as st

from causerie.inference.breaker import FAILURES_TO_OPEN, FIRST_PAUSE_S, JITTER, LONGEST_PAUSE_S, Breaker


class Clock:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock=clock, random=lambda: 0.5)
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.admits()
        breaker.begin()
        breaker.fail()
    return breaker


def test_failures_in_a_row_open_it_and_others_do_not() -> None:
    breaker = Breaker(clock=Clock())
    for _ in range(3 * FAILURES_TO_OPEN):
        for _ in range(FAILURES_TO_OPEN - 1):
            breaker.fail()
        breaker.succeed()
    assert breaker.state == "closed"


def test_open_it_admits_nothing_and_says_how_long() -> None:
    clock = Clock()
    breaker = opened(clock)
    assert breaker.state == "open"
    assert not breaker.admits()
    assert breaker.wait_s == FIRST_PAUSE_S


def test_after_its_pause_it_admits_one_trial_at_a_time() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_PAUSE_S
    assert breaker.state == "half-open"
    assert breaker.admits()
    breaker.begin()
    assert not breaker.admits()
    breaker.forget()
    assert breaker.admits()


def test_a_trial_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_PAUSE_S
    breaker.begin()
    breaker.answered()
    assert breaker.state == "closed"
    assert breaker.wait_s == 0


def test_an_answer_that_has_only_begun_does_not_forget_failures() -> None:
    breaker = Breaker(clock=Clock())
    for _ in range(FAILURES_TO_OPEN):
        breaker.begin()
        breaker.answered()
        breaker.fail()
    assert breaker.state == "open"


def test_each_trial_that_fails_doubles_the_pause_to_its_limit() -> None:
    clock = Clock()
    breaker = opened(clock)
    pauses = []
    for _ in range(9):
        pauses.append(breaker.wait_s)
        clock.now += breaker.wait_s
        breaker.begin()
        breaker.fail()
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_late_failures_of_earlier_requests_do_not_lengthen_the_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    breaker.fail()
    assert breaker.wait_s == FIRST_PAUSE_S


def test_a_sign_of_life_ends_the_pause() -> None:
    breaker = opened(Clock())
    breaker.try_now()
    assert breaker.state == "half-open"


STEPS = st.lists(st.sampled_from(["send", "fail", "succeed", "forget", "wait"]), max_size=80)


@given(steps=STEPS, luck=st.floats(0, 1))
def test_whatever_happens_it_comes_to_admit_requests_again(steps: list[str], luck: float) -> None:
    clock = Clock()
    breaker = Breaker(clock=clock, random=lambda: luck)
    for step in steps:
        if step == "wait":
            clock.now += 0.7
        elif step != "send":
            getattr(breaker, step)()
        elif breaker.admits():
            breaker.begin()
        assert breaker.wait_s <= LONGEST_PAUSE_S * (1 + JITTER)
        assert breaker.admits() or breaker.state != "closed"
    breaker.forget()
    clock.now += LONGEST_PAUSE_S * (1 + JITTER)
    assert breaker.admits()
    breaker.begin()
    breaker.succeed()
    assert breaker.state == "closed"
