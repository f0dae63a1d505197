"""When keys are fetched, how long they are kept, and what happens while the server does not give any."""

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ginnel import AsyncGinnel, Ginnel, GinnelError, HTTPAnswer, RemoteKeySet
from ginnel.testing import TestIssuer, create_test_issuer

from .support import DAY, Answer, Clock, KeyServer, refused, send, settle


def kid(issuer: TestIssuer) -> str:
    found: str = issuer.jwks["keys"][0]["kid"]
    return found


def remote(server: KeyServer, **options: Any) -> RemoteKeySet:
    return RemoteKeySet(f"{server.url}/jwks.json", **options)


def held(server: KeyServer, answer: Answer) -> threading.Event:
    """Lets the server think until the event is set."""
    event = threading.Event()

    def wait(handler: Any) -> None:
        event.wait()
        answer(handler)

    server.answer = wait
    return event


def test_threads_share_one_fetch(server: KeyServer, ec: TestIssuer) -> None:
    event = held(server, server.answer)
    ginnel = Ginnel(ec.app_id, issuer=ec.issuer, key_set=remote(server))
    token = ec.token(user_id="ada")
    with ThreadPoolExecutor(24) as pool:
        waiting = [pool.submit(ginnel.validate_token, token) for _ in range(24)]
        while not server.requests:
            time.sleep(0.001)
        event.set()
        assert {future.result().sub for future in waiting} == {"ada"}
        # And then all of them at work at once, with keys at hand.
        assert {claims.sub for claims in pool.map(ginnel.validate_token, [token] * 500)} == {"ada"}
    assert server.requests == ["/jwks.json"]


def test_tasks_share_one_fetch_and_do_not_block_the_loop(server: KeyServer, ec: TestIssuer) -> None:
    event = held(server, server.answer)
    ginnel = AsyncGinnel(ec.app_id, issuer=ec.issuer, key_set=remote(server))

    async def story() -> None:
        waiting = [asyncio.create_task(ginnel.validate_token(ec.token(user_id="ada"))) for _ in range(24)]
        await asyncio.sleep(0)
        # One who gives up does not spoil it for the others.
        waiting[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        # The loop is still running, or nobody would set the event.
        event.set()
        assert {claims.sub for claims in await asyncio.gather(*waiting[1:])} == {"ada"}

    asyncio.run(story())
    asyncio.run(ginnel.validate_token(ec.token()))  # In another loop, too.
    assert server.requests == ["/jwks.json"]


def test_both_clients_may_use_one_key_set(server: KeyServer, ec: TestIssuer) -> None:
    ginnel = Ginnel(ec.app_id, url=server.url)
    same: Any = ginnel.key_set
    twin = AsyncGinnel(ec.app_id, url=server.url, key_set=same)
    token = ec.token(claims={"iss": ginnel.issuer})
    assert ginnel.validate_token(token) == asyncio.run(twin.validate_token(token))
    assert len(server.requests) == 1


def test_keys_are_refreshed_in_the_background(
    server: KeyServer, clock: Clock, ec: TestIssuer, ed: TestIssuer
) -> None:
    keys = remote(server)
    assert keys.find(kid(ec))
    clock.tick(599)
    assert keys.find(kid(ec))
    assert len(server.requests) == 1
    server.publish(ed)
    event = held(server, server.answer)
    clock.tick(1)
    # Answered although the server is still thinking; one fetch for all of them.
    assert keys.find(kid(ec))
    assert keys.find(kid(ec))
    event.set()
    settle()
    assert len(server.requests) == 2
    assert keys.find(kid(ed))
    assert keys.find(kid(ec)) is None, "a key that is no longer published is no longer good"
    assert len(server.requests) == 2


def test_keys_outlive_the_server_for_a_day(server: KeyServer, clock: Clock, ec: TestIssuer) -> None:
    errors: list[GinnelError] = []
    keys = remote(server, on_error=errors.append)
    assert keys.find(kid(ec))
    server.answer = send("no", 500)
    for hour in range(1, 24):
        clock.tick(3600)
        assert keys.find(kid(ec))
        settle()
        assert len(server.requests) == 1 + hour
    assert [error.code for error in errors] == ["keys_unavailable"] * 23
    clock.tick(3599)
    assert keys.find(kid(ec))
    settle()
    clock.tick(1)
    with refused("keys_unavailable"):
        keys.find(kid(ec))
    server.publish(ec)
    clock.tick(1)
    assert keys.find(kid(ec))


def test_a_failed_refresh_is_tried_again_after_the_cooldown(
    server: KeyServer, clock: Clock, ec: TestIssuer
) -> None:
    keys = remote(server)
    assert keys.find(kid(ec))
    server.answer = send("no", 500)
    clock.tick(600)
    for seconds, requests in [(0, 2), (29, 2), (1, 3), (29, 3), (1, 4)]:
        clock.tick(seconds)
        assert keys.find(kid(ec))
        settle()
        assert len(server.requests) == requests


def test_an_unknown_key_is_looked_for_once_in_half_a_minute(
    server: KeyServer, clock: Clock, ec: TestIssuer, ed: TestIssuer
) -> None:
    keys = remote(server)
    assert keys.find(kid(ec))
    server.publish(ec, ed)
    assert keys.find(kid(ed)) is None, "within the cooldown of the first fetch"
    assert len(server.requests) == 1
    clock.tick(30)
    assert keys.find(kid(ed))
    assert len(server.requests) == 2
    for attempt in range(100):
        assert keys.find(f"forged {attempt}") is None
    assert len(server.requests) == 2
    clock.tick(30)
    assert keys.find("nobody") is None
    assert len(server.requests) == 3


def test_an_unknown_key_while_the_server_is_down(
    server: KeyServer, clock: Clock, ec: TestIssuer, ed: TestIssuer
) -> None:
    keys = remote(server)
    assert keys.find(kid(ec))
    server.answer = send("no", 500)
    clock.tick(30)
    for _ in range(2):
        with refused("keys_unavailable"):
            keys.find(kid(ed))
    assert len(server.requests) == 2
    assert keys.find(kid(ec)), "known keys keep working"
    server.publish(ec, ed)
    clock.tick(30)
    assert keys.find(kid(ed))


def test_a_clock_that_is_set_back(server: KeyServer, clock: Clock, ec: TestIssuer) -> None:
    keys = remote(server)
    assert keys.find(kid(ec))
    clock.tick(-DAY)
    assert keys.find(kid(ec))
    settle()
    assert len(server.requests) == 2


def test_retry_after_is_respected(server: KeyServer, clock: Clock, ec: TestIssuer) -> None:
    for value, wait in [("20", 20), ("86400", 60), ("soon", 1), ("-5", 1), ("٣٠", 1)]:
        server.requests.clear()
        server.answer = send("later", 429, {"Retry-After": value.encode().decode("latin-1")})
        keys = remote(server)
        with refused("keys_unavailable"):
            keys.find(kid(ec))
        server.publish(ec)
        clock.tick(wait - 0.5)
        with refused("keys_unavailable"):
            keys.find(kid(ec))
        assert len(server.requests) == 1
        clock.tick(0.5)
        assert keys.find(kid(ec))


def test_retry_after_holds_while_there_are_keys(
    server: KeyServer, clock: Clock, ec: TestIssuer, ed: TestIssuer
) -> None:
    keys = remote(server)
    assert keys.find(kid(ec))
    server.answer = send("later", 429, {"Retry-After": "50"})
    clock.tick(600)
    assert keys.find(kid(ec))
    settle()
    server.publish(ec, ed)
    clock.tick(49)
    assert keys.find(kid(ec))
    with refused("keys_unavailable"):
        keys.find(kid(ed))
    assert len(server.requests) == 2
    clock.tick(1)
    assert keys.find(kid(ed))


def test_an_error_is_new_for_each_caller(server: KeyServer, clock: Clock) -> None:
    server.answer = send("<html>")
    keys = remote(server)
    raised = []
    for _ in range(2):
        with refused("keys_unavailable") as caught:
            keys.find("x")
        raised.append(caught.value)
    assert raised[0] is not raised[1]
    assert isinstance(raised[1].__cause__, ValueError)
    assert len(server.requests) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_hook_that_fails_or_asks_back_keeps_nobody_waiting(server: KeyServer, clock: Clock) -> None:
    server.answer = send("no", 500)

    def hook(error: GinnelError) -> None:
        with refused("keys_unavailable"):
            keys.find("x")
        raise RuntimeError("the log is full")

    keys = remote(server, on_error=hook)
    with refused("keys_unavailable"):
        keys.find("x")
    settle()


def test_an_http_client_of_your_own(clock: Clock, server: KeyServer, ec: TestIssuer) -> None:
    asked: list[tuple[str, float]] = []
    answer = HTTPAnswer(429, {"RETRY-AFTER": "7"}, b"")

    def fetch(url: str, timeout: float) -> HTTPAnswer:
        asked.append((url, timeout))
        return answer

    ginnel = Ginnel(ec.app_id, fetch=fetch)
    with refused("keys_unavailable"):
        ginnel.validate_token(ec.token())
    assert asked == [("http://localhost:8400" + ec.jwks_path, 5)]
    clock.tick(6)
    with refused("keys_unavailable"):
        ginnel.validate_token(ec.token())
    assert len(asked) == 1


@pytest.mark.parametrize("error", [MemoryError("too little"), SystemExit(1)])
@pytest.mark.parametrize("place", ["ginnel._key_sets.fetch_key_set", "ginnel._fetch._read_answer"])
def test_no_failure_leaves_callers_waiting(
    place: str, error: BaseException, clock: Clock, server: KeyServer, ec: TestIssuer
) -> None:
    def fail(*_: object) -> None:
        raise error

    told: list[GinnelError] = []
    keys = RemoteKeySet(f"{server.url}/jwks.json", on_error=told.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, fail)
        with refused("keys_unavailable") as caught:
            keys.find(kid(ec))
        assert caught.value.__cause__ is error
        with refused("keys_unavailable"):
            asyncio.run(keys.find_async(kid(ec)))
    assert [one.__cause__ for one in told] == [error]
    clock.tick(1)
    assert keys.find(kid(ec)), "the next fetch works again"


def test_a_child_process_needs_no_thread_of_its_parent(
    server: KeyServer, clock: Clock, ec: TestIssuer
) -> None:
    event = held(server, server.answer)
    keys = remote(server)
    waiting = threading.Thread(target=keys.find, args=["x"])
    waiting.start()
    while not server.requests:
        time.sleep(0.001)
    # A prefork server that forks in the middle of a fetch, with the lock held.
    with keys._lock:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                event.set()
                status = 0 if keys.find(kid(ec)) else 2
            finally:
                os._exit(status)
    event.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    waiting.join()
    assert len(server.requests) == 2


def test_no_thread_to_be_had(
    server: KeyServer, clock: Clock, ec: TestIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = remote(server)
    assert keys.find(kid(ec))

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    clock.tick(600)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        assert keys.find(kid(ec)), "known keys keep working"
        clock.tick(DAY)
        with refused("keys_unavailable"):
            keys.find(kid(ec))
    clock.tick(1)
    assert keys.find(kid(ec))


def test_threads_hammer_one_client_while_keys_rotate(
    server: KeyServer, clock: Clock, ec: TestIssuer, ed: TestIssuer
) -> None:
    issuers = [ec, ed, create_test_issuer(algorithm="ES256")]
    server.publish(*issuers)
    keys = remote(server, refresh_after=10, cooldown=5)
    ginnel = Ginnel(ec.app_id, key_set=keys)
    tokens = [issuer.token(user_id=f"user{index}", expires_in=DAY) for index, issuer in enumerate(issuers)]

    def work(start: int) -> None:
        for turn in range(start, start + 150):
            assert ginnel.validate_token(tokens[turn % 3]).sub == f"user{turn % 3}"
            if turn % 50 == 0:
                clock.tick(7)
                with refused("key_unknown"):
                    ginnel.validate_token(ec.token(header={"kid": "forged"}))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, start) for start in range(8)]:
            done.result()
    settle()
    assert 1 < len(server.requests) <= 1 + 8 * 3 * 7 / 5
