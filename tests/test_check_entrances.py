"""``check`` on an id and a secret that are sent themselves, where a token is given for them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.check_scene import Scene, Spoil, serving, settings, told
from tests.fault_api import FaultApi, Json, Reply, Request, answer
from tests.repairs import checked_again
from tests.test_check_sign_in import ISSUED, by_header

ID, SECRET = "acme-id-17", "hush-hush-hush"
PAIR = base64.b64encode(f"{ID}:{SECRET}".encode()).decode()


def of_client(request: Request) -> Reply:
    """A token for a client that says who it is by a header (RFC 6749, 2.3.1)."""
    if request.headers.get("authorization") != f"Basic {PAIR}":
        return answer({"error": "invalid_client"}, 401)
    return answer({"access_token": ISSUED, "token_type": "Bearer", "expires_in": 3600})


def of_login(request: Request) -> Reply:
    """A token for an id and a secret in JSON, under names of the API's own."""
    try:
        body: dict[str, Json] = json.loads(request.body)
    except ValueError:
        return answer({"message": "send JSON"}, 415)
    if "clientId" not in body:
        return answer({"message": "clientId is required"}, 400)
    is_known = (body["clientId"], body.get("clientSecret")) == (ID, SECRET)
    return answer({"data": {"sessionToken": ISSUED}} if is_known else {}, 200 if is_known else 401)


BASIC = settings(auth_type="basic", api_token=None, username=ID, password=SECRET)
CLIENT = settings(
    auth_type="oauth2",
    api_token=None,
    oauth_token_url="{api}/v1/auth/token",
    oauth_client_id=ID,
    oauth_client_secret=SECRET,
)
BEARER = by_header("Authorization", f"Bearer {ISSUED}")


@pytest.mark.parametrize(
    "spoils",
    [
        pytest.param([BASIC, serving(of_client, "/oauth/token"), BEARER], id="a client"),
        pytest.param(
            [BASIC, serving(of_login, "/v1/auth/token"), by_header("X-Session", ISSUED)],
            id="a login",
        ),
        pytest.param([CLIENT, serving(of_login, "/v1/auth/token"), BEARER], id="no client"),
    ],
)
async def test_where_a_token_is_given_is_found(
    spoils: list[Spoil], tmp_path: Path, api: FaultApi
) -> None:
    """The remedy is written as it says, with neither of the two in it; then all is well."""
    scene = Scene(tmp_path, api)
    report = await scene.spoilt(spoils)
    said = json.dumps(report.as_json()["findings"])
    assert not [one for one in (ID, SECRET, PAIR, ISSUED) if one in said], said
    paths = scene.write()

    mended = await checked_again(report, paths)

    assert mended.findings == [], told(mended.findings)


async def test_a_client_that_is_known_and_wants_more_is_told(tmp_path: Path, api: FaultApi) -> None:
    """The endpoint is the right one, and what it says is passed on."""
    scene = Scene(tmp_path, api)

    def scoped(request: Request) -> Reply:
        given = of_client(request)
        is_known = request.headers.get("authorization") == f"Basic {PAIR}"
        return answer({"error": "invalid_scope"}, 400) if is_known else given

    report = await scene.spoilt([BASIC, serving(scoped, "/oauth/token"), BEARER])

    assert "AUTH_TYPE=oauth2" in report.findings[0].remedy, told(report.findings)
    assert "it knows them; what it says then is 'invalid_scope'" in report.findings[0].remedy


async def test_a_password_that_is_wrong_is_told_as_such(tmp_path: Path, api: FaultApi) -> None:
    """Where nothing gives a token for it."""
    report = await Scene(tmp_path, api).spoilt([BASIC, BEARER])

    assert "correct OCEAN__INTEGRATION__CONFIG__USERNAME" in report.findings[0].remedy
