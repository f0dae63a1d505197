"""Fixtures. Keys are made once for all tests: RSA takes its time."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from ginnel.testing import TestIssuer, create_test_issuer

from .support import Clock, KeyServer

settings.configure()


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GINNEL_URL", raising=False)


@pytest.fixture(scope="session")
def rsa() -> TestIssuer:
    return create_test_issuer()


@pytest.fixture(scope="session")
def ec() -> TestIssuer:
    return create_test_issuer(algorithm="ES256")


@pytest.fixture(scope="session")
def ed() -> TestIssuer:
    return create_test_issuer(algorithm="EdDSA")


@pytest.fixture(params=["rsa", "ec", "ed"])
def issuer(request: pytest.FixtureRequest) -> TestIssuer:
    found: TestIssuer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("ginnel._clock.now", clock)
    return clock


@pytest.fixture
def server(ec: TestIssuer) -> Iterator[KeyServer]:
    server = KeyServer(lambda handler: None)
    server.publish(ec)
    yield server
    server.close()
