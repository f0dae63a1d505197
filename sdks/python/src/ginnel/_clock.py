"""The clock, read in one place so that tests can set it."""

import time


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def is_due(then: float, seconds: float, now: float) -> bool:
    """Whether ``seconds`` have passed since ``then``; a clock that was set back counts as passed."""
    return now - then >= seconds or now < then
