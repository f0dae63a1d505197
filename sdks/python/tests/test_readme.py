"""The README's Python, run block after block as a reader would."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import RequestFactory, override_settings

from ginnel import GinnelError
from ginnel._client import _Client
from ginnel.testing import create_test_issuer

readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
blocks: list[str] = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def test_the_blocks_do_what_the_text_says(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = create_test_issuer(algorithm="ES256")
    monkeypatch.setenv("GINNEL_APP_ID", issuer.app_id)
    names: dict[str, Any] = {"__name__": "readme"}
    first, flask, fastapi, django, testing = blocks
    headers = {"Authorization": f"Bearer {issuer.token(user_id='ada')}"}

    # The clients are the README's own; only their keys do not come over the network.
    original = _Client.__init__

    def with_keys(self: Any, app_id: str, **options: Any) -> None:
        original(self, app_id, **{"key_set": issuer.key_set, **options})

    monkeypatch.setattr(_Client, "__init__", with_keys)

    exec(first, names := {**names, "request": headers})
    assert names["user_id"] == "ada"
    with pytest.raises(GinnelError):
        exec(first, {**names, "request": {}})

    exec(flask, names)
    browser = names["app"].test_client()
    assert browser.get("/api/me", headers=headers).json == {"userID": "ada"}
    assert set(browser.get("/api/me").json) == {"code", "error"}

    exec(fastapi, names)

    async def visit() -> None:
        transport = httpx.ASGITransport(names["api"])
        async with httpx.AsyncClient(transport=transport, base_url="http://site.test") as visitor:
            assert (await visitor.get("/api/me", headers=headers)).json() == {"userID": "ada"}
            assert set((await visitor.get("/api/me")).json()) == {"code", "error"}

    asyncio.run(visit())

    exec(django, names)
    with override_settings(GINNEL={"app_id": issuer.app_id}):
        answer = names["my_view"](RequestFactory().get("/", headers=headers))
        assert answer.content == b'{"userID": "ada"}'
        assert names["my_view"](RequestFactory().get("/")).status_code == 401

    exec(testing, names)
    assert names["ginnel"].authenticate_request({"Cookie": f"psg_auth_token={names['token']}"}) == "ada"
