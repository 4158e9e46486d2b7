"""The routes of model versions, asked from outside of the real server, on either database."""

import json
import urllib.request
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from causerie.settings import Settings
from tests.registry.stories import write_run
from tests.running import running_server
from tests.server.test_runs import Api

pytestmark = pytest.mark.xdist_group("versions")


@pytest.fixture
def api(database_url: str, settings: Settings) -> Iterator[Api]:
    """A server with two models that were made of runs by the page's button."""
    write_run(settings, "base", flops=1e18)
    write_run(settings, "fabler", start="runs/base", flops=2e18)
    with running_server(settings.home, CAUSERIE_DATABASE_URL=database_url) as up:
        api = Api(up.address, settings.home)
        for name in ("base", "fabler"):
            assert api.ask("POST", f"/api/runs/{name}/model", {}) == (201, {"model": name})
        yield api


def test_a_version_is_listed_shown_and_its_lineage_drawn(api: Api) -> None:
    status, listed = api.ask("GET", "/api/versions")
    assert (status, [each["model"] for each in listed["items"]], listed["next"]) == (200, ["fabler", "base"], None)
    fabler, base = listed["items"]
    assert (fabler["status"], fabler["objective"], fabler["flops"]) == ("candidate", "sft", 2e18)
    _, first = api.ask("GET", "/api/versions?limit=1")
    assert first["next"] == fabler["id"]
    _, second = api.ask("GET", f"/api/versions?limit=1&before={first['next']}")
    assert [each["id"] for each in second["items"]] == [base["id"]]
    assert api.ask("GET", "/api/versions?model=base")[1]["items"] == [base]
    assert api.ask("GET", "/api/versions?status=released")[1]["items"] == []
    assert api.ask("GET", "/api/versions?status=lost")[1]["code"] == "invalid_request"
    assert api.ask("GET", "/api/versions?before=none")[0] == 404

    status, whole = api.ask("GET", "/api/versions/fabler")
    assert status == 200
    assert {key: whole[key] for key in fabler} == fabler
    assert whole["lineage_flops"] == 3e18
    assert [file["role"] for file in whole["files"]] == ["model", "weights"]
    assert json.loads(whole["signature"])["mediaType"].startswith("application/vnd.dev.sigstore.bundle")
    assert api.ask("GET", "/api/versions/none")[1]["code"] == "not_found"

    status, lineage = api.ask("GET", f"/api/versions/{fabler['id'][:12]}/lineage")
    assert (status, lineage["flops"], lineage["unknown"], lineage["missing"]) == (200, 3e18, [], [])
    assert {"from": base["id"], "to": fabler["id"]} in lineage["edges"]
    assert {node["kind"] for node in lineage["nodes"]} == {"model", "data", "recipe", "code"}
    with urllib.request.urlopen(f"{api.address}/api/versions/fabler/lineage.svg") as answer:
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert ET.fromstring(answer.read()).tag.endswith("svg")


def test_the_card_the_summary_and_the_bill_are_told(api: Api) -> None:
    status, card = api.ask("GET", "/api/versions/fabler/card")
    assert (status, "# fabler" in card["text"], "an evaluation" in card["gaps"]) == (200, True, True)
    status, summary = api.ask("GET", "/api/versions/fabler/card?summary=true")
    assert summary["text"].startswith("# Public summary of training content")
    status, bill = api.ask("GET", "/api/versions/fabler/bom")
    assert (status, bill["specVersion"]) == (200, "1.6")
    (api.home / "models" / "fabler" / "card.toml").write_text("uses = 3")
    status, error = api.ask("GET", "/api/versions/fabler/card")
    assert (status, error["code"]) == (500, "invalid_setting")


def test_a_changed_byte_is_refused_by_the_server_and_told_by_verify(api: Api) -> None:
    assert api.ask("POST", "/api/versions/fabler/verify")[1]["ok"] is True
    file = api.home / "models" / "fabler" / "model.gguf"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"!")
    status, verified = api.ask("POST", "/api/versions/fabler/verify")
    assert (status, verified["ok"], verified["file"]) == (200, False, "model.gguf")
    assert verified["expected"] != verified["found"] != ""
    asked = {"model": "fabler", "messages": [{"role": "user", "content": "Hello"}]}
    for _ in range(3):
        status, error = api.ask("POST", "/v1/chat/completions", asked)
        assert (status, error["code"], error["param"]) == (409, "model_changed", "model")
        assert "is not the file that was registered" in error["message"]
    assert api.ask("GET", "/healthz")[0] == 200
    file.unlink()
    assert api.ask("POST", "/api/versions/fabler/verify")[0] == 404
    (api.home / "keys" / "registry.pub").unlink()
    (api.home / "keys" / "registry.key").rename(api.home / "keys" / "lost.key")
    status, verified = api.ask("POST", "/api/versions/base/verify")
    assert (status, verified["ok"], verified["file"]) == (200, False, "")
    assert "by a key that is not known here" in verified["message"]
