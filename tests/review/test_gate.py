"""Attacks on the review server: none succeeds, and each is refused in the one form."""

from __future__ import annotations

import json
import os
import shutil
import uuid

import pytest

from calcidect.errors import InputRefusedError
from calcidect.review._folders import folder_hash
from calcidect.review._gate import MAXIMUM_BODY_BYTES
from support.review import BASE, SAFE, Server, write_small_result

HTML = "<script>alert(1)</script>"
SQL = "'; DROP TABLE scan; --"


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    place = tmp_path_factory.mktemp("attacked")
    (place / "secret.html").write_text("SECRET", encoding="utf-8")
    return write_small_result(place / "result")


@pytest.fixture(scope="module")
def server(result):
    return Server(result)


@pytest.fixture
def browser(server):
    return server.browser()


def event(**changes):
    return {"id": str(uuid.uuid4()), "base_seq": 0, "kind": "accept", "target": 1, **changes}


def refused(answer, *statuses):
    assert answer.status_code in (statuses or (400, 401, 403, 404, 405, 413, 415, 422))
    told = answer.json()
    assert {"error", "found", "expected", "remedy"} <= set(told)
    assert not any(text in answer.text for text in ("Traceback", "SECRET", HTML, SQL, "calcidect/review", "/tmp"))


EVENTS = "/api/results/r1/events"
VOXELS = {"start": [0, 0, 0], "shape": [1, 1, 1], "rle": "AAAAAAEAAAA="}

PATHS = {
    "traversal in static": "/static/../_app.py",
    "encoded traversal in static": "/static/%2e%2e/_app.py",
    "doubly encoded traversal": "/static/%252e%252e/_app.py",
    "backslash traversal": "/static/..%5c_app.py",
    "absolute path in static": "/static//etc/passwd.html",
    "hidden file in static": "/static/.secret.html",
    "python source": "/static/index.py",
    "traversal in a result": "/api/results/..%2f..%2fsecret/report.html",
    "traversal in a version": "/api/results/r1/report.html?version=../../secret",
    "a version that is none": "/api/results/r1/report.html?version=999",
    "forged result": "/api/results/r2",
    "name of a folder as result": "/api/results/result",
    "forged deposit": "/api/results/r1/thumbnails/4711.png",
    "negative deposit": "/api/results/r1/thumbnails/-1.png",
    "text as deposit": f"/api/results/r1/thumbnails/{SQL}.png",
    "HTML as deposit": f"/api/results/r1/thumbnails/{HTML}.png",
    "forged volume": "/api/results/r1/volumes/findings.json",
    "traversal as volume": "/api/results/r1/volumes/..%2fprovenance.json",
    "forged hand": "/api/results/r1/volumes/bones?level=full&hand=third",
    "forged level": "/api/results/r1/volumes/bones?level=finest",
    "null byte": "/static/index%00.html",
    "null byte in a result": "/api/results/r1%00/report.html",
    "documentation of the framework": "/docs",
    "description of the framework": "/openapi.json",
    "negative event": "/api/results/r1/events?after=-1",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_paths_that_lead_elsewhere_find_nothing(browser, path):
    refused(browser.get(path), 403, 404, 422)


BODIES = {
    "SQL as kind": event(kind=SQL),
    "HTML as kind": event(kind=HTML),
    "SQL as target": event(target=SQL),
    "HTML as id": event(id=HTML),
    "forged deposit": event(target=999),
    "deposit 0": event(target=0),
    "true as deposit": event(target=True),
    "huge number": event(target=2**70),
    "negative base": event(base_seq=-1),
    "base of the future": event(base_seq=10**6),
    "another reader's name": event(who="somebody"),
    "another number": event(seq=1),
    "HTML as a label": event(kind="relabel", after={"compartment": HTML}),
    "SQL as a label's name": event(kind="relabel", after={SQL: "muscle"}),
    "a label that is no one's": event(kind="relabel", after={"volume_mm3": 1}),
    "true as digit": event(kind="relabel", after={"digit": True}),
    "why beyond measure": event(why="x" * 5000),
    "half a character in why": event(why="\ud800"),
    "seeds that are no numbers": event(kind="split", after={"seeds": [[HTML] * 3] * 2}),
    "seeds without end": event(kind="split", after={"seeds": [[1e308] * 3] * 2}),
    "a box beyond the grid": event(kind="paint", voxels={**VOXELS, "start": [10**6, 0, 0]}),
    "a negative box": event(kind="paint", voxels={**VOXELS, "start": [-1, 0, 0]}),
    "a box of all memory": event(kind="paint", voxels={**VOXELS, "shape": [2**31 - 1] * 3}),
    "runs that are no runs": event(kind="paint", voxels={**VOXELS, "rle": HTML}),
    "runs beyond the box": event(kind="paint", voxels={**VOXELS, "rle": "AAAAAP////8="}),
    "forged bone": event(kind="bone_paint", target=200, voxels=VOXELS),
    "undo of the future": event(kind="undo", target=99),
    "state by the wrong door": event(kind="state", target=1),
    "a list": [event()],
    "nothing": None,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies_that_make_no_sense_change_nothing(browser, server, result, body):
    before = folder_hash(result)
    # json.dumps, not the client's: it writes half characters and numbers without end as they come
    headers = {**SAFE, **browser.made_on(), "content-type": "application/json"}
    answer = browser.client.post(EVENTS, content=json.dumps(body), headers=headers)
    refused(answer)
    assert browser.get(EVENTS).json() == []
    assert folder_hash(result) == before


def test_a_token_opens_once(server):
    client, token = server.closed_client(), server.keys.token
    assert client.get(f"/open?token={token}").status_code == 303
    refused(server.closed_client().get(f"/open?token={token}"), 403)


@pytest.mark.parametrize("token", ["", "x", "é", SQL, "%00"])
def test_a_wrong_token_opens_nothing(server, token):
    client = server.closed_client()
    refused(client.get(f"/open?token={token}"), 403)
    refused(client.get("/api/worklist"), 401)


def test_a_token_is_not_taken_by_another_method(server):
    refused(server.closed_client().post(f"/open?token={server.keys.token}"), 403)


def test_a_cookie_of_another_server_opens_nothing(server, result):
    other = Server(result).browser().client.cookies
    refused(server.closed_client(cookies=dict(other)).get("/api/worklist"), 401)


@pytest.mark.parametrize("others", ['a={"x": [1, 2]}', "b", 'c="half', "d=é,;=", "calcidect_review_1=x"])
def test_cookies_of_other_programs_of_the_machine_are_passed_over(server, browser, others):
    own = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    headers = {"cookie": f"{others}; {own}".encode()}
    assert server.closed_client().get("/api/worklist", headers=headers).status_code == 200
    refused(server.closed_client().get("/api/worklist", headers={"cookie": others.encode()}), 401)


def test_nothing_is_shown_without_a_cookie(server):
    for path in ("/", "/static/index.html", "/api/worklist", "/api/results/r1", "/api/results/r1/overview.png"):
        refused(server.closed_client().get(path), 401)


@pytest.mark.parametrize("host", ["evil.example:8123", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:8123", ""])
def test_another_host_is_refused(browser, host):
    refused(browser.get("/api/worklist", headers={"host": host}), 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", f"{BASE}.evil.example", ""])
def test_another_origin_is_refused(browser, origin):
    refused(browser.post(EVENTS, event(), headers={"origin": origin}), 403)


def test_a_request_without_origin_or_our_header_is_refused(browser):
    for headers in ({"x-calcidect": "1"}, {"origin": BASE}):
        refused(browser.client.post(EVENTS, json=event(), headers={**browser.made_on(), **headers}), 403)


def test_a_form_of_another_site_is_refused(browser):
    safe = {**SAFE, **browser.made_on()}
    refused(browser.client.post(EVENTS, data={"kind": "accept"}, headers=safe), 415)
    text = {**safe, "content-type": "text/plain"}
    refused(browser.client.post(EVENTS, content=json.dumps(event()), headers=text), 415)


def test_pictures_are_not_given_to_another_site(browser):
    for site in ("cross-site", "same-site"):
        refused(browser.get("/api/results/r1/overview.png", headers={"sec-fetch-site": site}), 403)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(browser, method):
    refused(browser.client.request(method, EVENTS, headers=SAFE), 405)


def test_reading_addresses_take_no_posts(browser):
    refused(browser.post("/api/worklist", {}), 405)


def test_a_body_beyond_measure_is_refused_by_its_length_and_by_its_bytes(browser):
    huge = b"[" + b" " * MAXIMUM_BODY_BYTES + b"]"
    headers = {**SAFE, **browser.made_on(), "content-type": "application/json"}
    refused(browser.client.post(EVENTS, content=huge, headers=headers), 413)
    refused(browser.client.post(EVENTS, content=iter([huge]), headers=headers), 413)
    refused(browser.client.post(EVENTS, content=b"[" * 100_000, headers=headers), 400, 422, 500)


def test_text_that_looks_like_code_is_kept_as_text(tmp_path):
    browser = Server(write_small_result(tmp_path / "result")).browser()
    assert browser.do("note", 1, why=HTML + SQL).status_code == 200
    answer = browser.get(EVENTS)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()[0]["why"] == HTML + SQL


def test_a_fault_tells_nothing_of_itself(browser, server, monkeypatch):
    def fail():
        raise RuntimeError("/home/SECRET")

    monkeypatch.setattr(server.cases["r1"], "listed", fail)
    answer = browser.get("/api/worklist")
    refused(answer, 500)
    assert answer.json()["error"] == "internal_fault"


def test_every_answer_has_the_headers(browser, server):
    for answer in (browser.get("/api/worklist"), browser.get("/nowhere"), server.closed_client().get("/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy  # neither inline nor made at run time, WebAssembly included
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_report_can_run_no_script(browser):
    policy = browser.get("/api/results/r1/report.html").headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_the_cookie_is_kept_from_scripts_and_other_sites(server):
    cookie = server.closed_client().get(f"/open?token={server.keys.token}").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
@pytest.mark.parametrize("place", ["report.html", "images/coronal_left.png", "extra"])
def test_a_result_with_a_link_is_not_opened(result, tmp_path, place):
    folder = shutil.copytree(result, tmp_path / "result")
    (folder / place).unlink(missing_ok=True)
    (folder / place).symlink_to(result.parent / "secret.html")
    with pytest.raises(InputRefusedError, match="holds a link"):
        Server(folder)


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_that_appears_later_is_not_followed(result, tmp_path):
    folder = shutil.copytree(result, tmp_path / "result")
    browser = Server(folder).browser()
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to(result.parent / "secret.html")
    refused(browser.get("/api/results/r1/report.html"), 404)


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_events_are_not_written_through_a_link(result, tmp_path):
    folder = shutil.copytree(result, tmp_path / "result")
    (tmp_path / "result.review").symlink_to(result.parent)
    with pytest.raises(InputRefusedError, match="holds a link"):
        Server(folder)
