"""The simulated Cloud API where it does not answer: errors, faults, tokens, quotas, and versions that have ended."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import httpx
import pytest

from support.cloud import SimulatedCloud, read
from wahealth.core.answer import Malformed
from wahealth.core.cloud.errors import CODES, ErrorClass, GraphError
from wahealth.core.cloud.report import NumberReport
from wahealth.playground.simulator.cloud.settings import ACCOUNT, APP, NUMBER, TOKEN, AppSettings


class TestErrors:
    @pytest.mark.parametrize(
        ("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes if not 203 < code < 298]
    )
    def test_each_code(self, cloud: SimulatedCloud, kind: ErrorClass, code: int) -> None:
        cloud.set_number(error={"code": code})
        error = cloud.error()
        assert (error.code, error.kind) == (code, ErrorClass.THROTTLE if error.status == 429 else kind)

    @pytest.mark.parametrize("status", [400, 401])
    @pytest.mark.parametrize("subcode", [458, 459, 460, 463, 464, 467, 492])
    def test_a_token_that_is_refused(self, cloud: SimulatedCloud, status: int, subcode: int) -> None:
        cloud.set_number(error={"code": 190, "subcode": subcode, "http_status": status})
        assert cloud.error() == GraphError(ErrorClass.CREDENTIAL, status, 190, subcode)

    def test_whatever_else_is_said(self, cloud: SimulatedCloud) -> None:
        told = {"code": 7, "type": "AnInventedException", "message": "No.", "is_transient": True}
        cloud.set("server", error={**told, "http_status": 418})
        body = cloud.ask().json()["error"]
        assert body.pop("fbtrace_id").startswith("A")
        assert body == told
        assert cloud.error() == GraphError(ErrorClass.TRANSIENT, 418, 7)

    def test_what_is_no_json(self, cloud: SimulatedCloud) -> None:
        page = {"status": 502, "body": "<h1>Sorry</h1>", "headers": {"Content-Type": "text/html"}}
        cloud.set_number(faults=page)
        answer = cloud.ask()
        assert (answer.text, answer.headers["Content-Type"]) == ("<h1>Sorry</h1>", "text/html")
        assert read(answer) == GraphError(ErrorClass.TRANSIENT, 502)
        cloud.set_number(faults={"body": "<h1>Sorry</h1>"})
        assert cloud.outcome() == Malformed('the body is not JSON but says "Sorry"')

    def test_a_number_s_own_faults_win(self, cloud: SimulatedCloud) -> None:
        cloud.set("server", error={"code": 2})
        assert (cloud.error().kind, cloud.error(path=ACCOUNT).kind) == (ErrorClass.TRANSIENT,) * 2
        cloud.set_number(error={"code": 131031})
        assert (cloud.error().kind, cloud.error(path=ACCOUNT).kind) == (ErrorClass.DOWN, ErrorClass.TRANSIENT)

    def test_the_connection_is_reset(self, cloud: SimulatedCloud) -> None:
        cloud.set("server", faults={"reset": True})
        with pytest.raises(httpx.TransportError):
            cloud.ask()

    def test_nobody_listens(self, cloud: SimulatedCloud) -> None:
        cloud.set("server", refuse=True)
        with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as new:
            new.get(cloud.url)
        cloud.set("server", refuse=False)
        assert cloud.report().id == NUMBER


class TestNotFound:
    NOT_FOUND = GraphError(ErrorClass.NOT_FOUND, 400, 100, 33)

    @pytest.mark.parametrize("path", ["1", f"{NUMBER}%0A", f"{NUMBER}%20", "nothing/at/all"])
    def test_no_such_id(self, cloud: SimulatedCloud, path: str) -> None:
        assert cloud.error(path=path) == self.NOT_FOUND

    def test_a_number_that_is_gone(self, cloud: SimulatedCloud) -> None:
        cloud.set_number(exists=False)
        assert cloud.error() == self.NOT_FOUND

    def test_one_that_the_token_does_not_see(self, cloud: SimulatedCloud) -> None:
        cloud.set_token(accounts=["1"])
        assert (cloud.error(), cloud.error(path=ACCOUNT)) == (self.NOT_FOUND, self.NOT_FOUND)

    @pytest.mark.parametrize("path", [f"{NUMBER}/messages", f"{ACCOUNT}/phone_numbers", ""])
    def test_a_path_that_is_not_known(self, cloud: SimulatedCloud, path: str) -> None:
        assert cloud.error(path=path) == GraphError(ErrorClass.OUR_REQUEST, 400, 2500)


class TestTokens:
    @pytest.mark.parametrize(("token", "code"), [("", 104), ("another", 190)])
    def test_none_and_a_wrong_one(self, cloud: SimulatedCloud, token: str, code: int) -> None:
        error = cloud.error(token=token)
        assert (error.kind, error.code, error.subcode) == (ErrorClass.CREDENTIAL, code, None)

    @pytest.mark.parametrize("status", [400, 401])
    def test_one_that_has_ended(self, cloud: SimulatedCloud, status: int) -> None:
        cloud.set_token(expires_at=int(time.time()) + 60, http_status=status)
        assert cloud.report().id == NUMBER
        cloud.set_token(expires_at=int(time.time()) - 1)
        assert cloud.error().token_expired
        assert cloud.error().status == status

    def test_one_that_is_not_valid_any_more(self, cloud: SimulatedCloud) -> None:
        cloud.set_token(is_valid=False, subcode=458)
        assert cloud.error() == GraphError(ErrorClass.CREDENTIAL, 401, 190, 458)

    def test_one_without_the_permission(self, cloud: SimulatedCloud) -> None:
        cloud.set_token(scopes=["public_profile"])
        assert cloud.error() == GraphError(ErrorClass.PERMISSION, 403, 200)

    def test_a_proof_that_is_demanded(self, cloud: SimulatedCloud) -> None:
        cloud.set_app(appsecret_proof=True)
        right = hmac.new(AppSettings().secret.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
        missing, wrong = cloud.ask(), cloud.ask(appsecret_proof="0" * 64)
        assert [read(one) for one in (missing, wrong)] == [GraphError(ErrorClass.PERMISSION, 400, 100)] * 2
        assert missing.json()["error"]["message"] != wrong.json()["error"]["message"]
        assert isinstance(cloud.outcome(appsecret_proof=right), NumberReport)

    def test_a_wrong_proof_is_refused_even_where_none_is_demanded(self, cloud: SimulatedCloud) -> None:
        assert cloud.error(appsecret_proof="0").kind is ErrorClass.PERMISSION

    @pytest.mark.parametrize("version", ["v26.0", "."])
    def test_a_token_may_look_at_itself(self, cloud: SimulatedCloud, version: str) -> None:
        cloud.set_token(accounts=[ACCOUNT], scopes=["whatsapp_business_management"], expires_at=4_000_000_000)
        told = cloud.ask("debug_token", version, input_token=TOKEN).json()["data"]
        assert (told["is_valid"], told["app_id"], told["expires_at"]) == (True, APP, 4_000_000_000)
        assert told["scopes"] == ["whatsapp_business_management"]
        assert told["granular_scopes"] == [{"scope": "whatsapp_business_management", "target_ids": [ACCOUNT]}]

    def test_one_that_never_ends(self, cloud: SimulatedCloud) -> None:
        assert cloud.ask("debug_token", input_token=TOKEN).json()["data"]["expires_at"] == 0

    def test_another_that_is_not_valid_is_told_with_200(self, cloud: SimulatedCloud) -> None:
        cloud.set("tokens/second", secret="another-token", expires_at=1)
        for looked_at, subcode in (("another-token", 463), ("nobody-s", None)):
            answer = cloud.ask("debug_token", input_token=looked_at)
            told = answer.json()["data"]
            assert (answer.status_code, told["is_valid"]) == (200, False)
            assert (told["error"]["code"], told["error"].get("subcode")) == (190, subcode)
        cloud.control.delete("/tokens/second")

    def test_without_one_to_look_at(self, cloud: SimulatedCloud) -> None:
        assert cloud.error(path="debug_token").kind is ErrorClass.OUR_REQUEST


class TestQuota:
    def test_usage_in_per_cent(self, cloud: SimulatedCloud) -> None:
        cloud.set_app(calls=4)
        used = [json.loads(cloud.ask().headers["X-App-Usage"])["call_count"] for _ in range(3)]
        assert used == [25, 50, 75]
        cases = json.loads(cloud.ask().headers["X-Business-Use-Case-Usage"])[ACCOUNT]
        assert [(one["call_count"], one["estimated_time_to_regain_access"]) for one in cases] == [(100, 60)]

    @pytest.mark.parametrize("status", [400, 403, 429])
    @pytest.mark.parametrize("code", [4, 80007, 80008, 130429])
    def test_a_throttle(self, cloud: SimulatedCloud, code: int, status: int) -> None:
        cloud.set_app(calls=1, throttle_code=code, throttle_status=status, window_seconds=600)
        assert cloud.ask().status_code == 200
        answer = cloud.ask()
        assert read(answer) == GraphError(ErrorClass.THROTTLE, status, code)
        (case,) = json.loads(answer.headers["X-Business-Use-Case-Usage"])[ACCOUNT]
        assert case["estimated_time_to_regain_access"] == 10

    @pytest.mark.parametrize(
        ("setting", "there"), [("None", []), ("App", ["app"]), ("BusinessUseCase", ["case"]), ("Both", ["app", "case"])]
    )
    def test_its_headers_may_be_missing(self, cloud: SimulatedCloud, setting: str, there: list[str]) -> None:
        cloud.set_app(calls=0, usage_headers=setting)
        headers = {"app": "X-App-Usage", "case": "X-Business-Use-Case-Usage"}
        answer = cloud.ask()
        assert answer.status_code == 400
        assert [name for name, header in headers.items() if header in answer.headers] == there

    def test_it_is_one_for_each_account_and_rolls(self, cloud: SimulatedCloud) -> None:
        cloud.set_app(calls=1)
        cloud.set("numbers/2", account="3")
        assert [cloud.ask(path).status_code for path in (NUMBER, "2", ACCOUNT)] == [200, 200, 400]
        cloud.set_app(window_seconds=0.01)
        time.sleep(0.02)
        assert cloud.ask().status_code == 200


class TestVersions:
    def test_one_that_has_ended_is_served_by_the_oldest_in_silence(self, cloud: SimulatedCloud) -> None:
        cloud.set("server", oldest_version="v22.0")
        for asked, served in (
            ("v21.0", "v22.0"),
            ("v22.0", "v22.0"),
            ("v9.0", "v22.0"),
            ("v25.0", "v25.0"),
            (".", "v22.0"),
        ):
            outcome = read(cloud.ask(version=asked))
            assert isinstance(outcome, NumberReport)
            assert outcome.served_version == served

    def test_one_that_is_still_to_come(self, cloud: SimulatedCloud) -> None:
        assert cloud.error(version="v27.0").kind is ErrorClass.OUR_REQUEST
