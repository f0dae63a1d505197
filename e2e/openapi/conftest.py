"""One server for all tests of a run."""

from collections.abc import Iterator

import pytest
from server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("ginnel")) as running:
        yield running
