"""The control API and panel, the command line, restarts, several at once."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from simulator import Clock, Simulator

from .conftest import START, Api

ROOT = Path(__file__).parents[2]


def act(sim, path, **values):
    return requests.post(f"{sim.url}/sim/{path}", json=values, timeout=5)


def test_faults(sim):
    answer = act(sim, "faults", drop=2, journey_survives=False)
    assert answer.json()["drop"] == 2
    assert sim.faults.drop == 2 and not sim.faults.journey_survives
    assert act(sim, "faults", nonsense=1).status_code == 400
    assert act(sim, "faults", drop="many").status_code == 400
    assert sim.faults.drop == 2
    act(sim, "faults", clear=True)
    assert requests.get(sim.url + "/sim/faults", timeout=5).json()["drop"] == 0


def test_faults_panel(sim):
    page = requests.get(sim.url + "/faults", timeout=5).text
    for name, *_rest in sim.faults.describe():
        assert f'name="{name}"' in page
    form = {"form": "1", "drop": "always", "sms_no_credit": "1", "slow": "0.0"}
    answer = requests.post(sim.url + "/sim/faults", form, timeout=5)
    assert answer.history[0].status_code == 303
    assert sim.faults.drop is True and sim.faults.sms_no_credit is True
    assert sim.faults.journey_survives is False


def test_foreign_page_cannot_act(sim):
    answer = requests.post(
        sim.url + "/sim/faults",
        {"drop": "1"},
        headers={"Origin": "https://evil.example"},
        timeout=5,
    )
    assert answer.status_code == 403 and sim.faults.drop == 0


def test_payments_driven_over_http(sim, api, receiver):
    link_id = api.create()
    answer = act(sim, "pay", link=link_id, outcome="pdng-acsc").json()
    assert "status=success" in answer["callback"]
    assert act(sim, "settle", link=link_id).json()["requests"]
    assert api.requests(link_id)[0]["status"] == "ACSC"
    now = act(sim, "advance", days=1).json()["now"]
    assert now == "2026-11-03T09:00:00.000Z"
    credits = requests.get(sim.url + "/sim/bank-credits.json", timeout=5).json()
    assert [x["payment_link_id"] for x in credits] == [link_id]
    log = requests.get(sim.url + "/sim/webhooks.json", timeout=5).json()
    assert {x["state"] for x in log} == {"delivered"}
    count = len(receiver.received)
    act(sim, "replay/0")
    act(sim, "test-event")
    assert len(receiver.received) == count + 2
    links = requests.get(sim.url + "/sim/links.json", timeout=5).json()
    assert links[0]["id"] == link_id


def test_settle_to_another_end(sim, api):
    link_id = api.create()
    sim.pay(link_id, "pdng")
    act(sim, "settle", link=link_id, end="RJCT")
    assert api.requests(link_id)[0]["status_reason"] == "MS03"


def test_expire(sim, api):
    link_id = api.create()
    assert act(sim, "expire", link=link_id).json() == {"status": "expired"}
    assert api.link(link_id)["status"] == "expired"


@pytest.mark.parametrize(
    "path, values, status",
    [
        ("pay", {"link": "nothing"}, 404),
        ("settle", {}, 404),
        ("advance", {"weeks": "many"}, 400),
        ("advance", {"centuries": 1}, 400),
        ("replay/x", {}, 400),
    ],
)
def test_impossible_actions(sim, path, values, status):
    assert act(sim, path, **values).status_code == status


def test_applications_and_webhooks_over_http(sim, receiver):
    act(
        sim,
        "applications",
        client_id="two",
        client_secret="s2",
        webhook_url=receiver.url,
        webhook_secrets=["w2"],
    )
    Api(sim, "two", "s2").create()
    act(sim, "webhook", url="http://127.0.0.1:1/x", secret="w3", client_id="two")
    act(sim, "rotate", secret="w4", client_id="two")
    application = sim.application("two")
    assert application.webhook_url == "http://127.0.0.1:1/x"
    assert application.webhook_secrets == ["w4", "w3"]


def test_home_page(sim, api):
    paid, pending, valid = api.create(), api.create(amount=75.5), api.create()
    sim.pay(paid, "rjct-am18")
    sim.pay(paid)
    sim.pay(pending, "pdng")
    page = requests.get(sim.url + "/", timeout=5).text
    assert "€129.90" in page and "€75.50" in page and "AM18" in page
    assert sim.pay_url(sim.links[valid]) in page
    assert "Execute" in page and "Reject" in page
    answer = requests.post(
        sim.url + "/sim/settle",
        {"link": next(x["id"] for x in api.requests(pending)), "end": "ACSC"},
        headers={"Referer": sim.url + "/"},
        timeout=5,
    )
    assert answer.status_code == 200 and "Execute" not in answer.text
    for path in ("/webhooks", "/account"):
        assert requests.get(sim.url + path, timeout=5).status_code == 200


def test_restart_goes_on(tmp_path):
    path = tmp_path / "deep" / "state.json"
    clock = Clock(start=START)
    with Simulator(clock=clock, state_file=path) as sim:
        sim.set_webhook("http://127.0.0.1:1/x", "w")
        api = Api(sim)
        open_link = api.create(expired_date="2026-11-02T12:00:00Z")
        pending = api.create()
        sim.faults.set(drop=True)
        sim.pay(pending, "pdng-acsc")
        clock.advance(minutes=30)
        token = sim.links[open_link]["token"]
    assert path.stat().st_mode & 0o777 == 0o600
    with Simulator(clock=Clock(start=START), state_file=path) as sim:
        sim.faults.set(drop=True)
        api = Api(sim)
        assert sim.clock.now() == clock.now()
        assert sim.application().webhook_url == "http://127.0.0.1:1/x"
        assert sim.application().webhook_secrets == ["w"]
        assert api.link(open_link)["status"] == "valid"
        assert requests.get(f"{sim.url}/pay-page/link/{token}", timeout=5).ok
        assert api.requests(pending)[0]["status"] == "PDNG"
        sim.clock.advance(minutes=31)
        assert api.requests(pending)[0]["status"] == "ACSC"
        new = api.create()
        assert sim.links[new]["number"] > sim.links[open_link]["number"]
        sim.clock.advance(days=1)
        assert api.link(open_link)["status"] == "expired"
        assert len(sim.bank_credits) == 1


def test_state_is_saved_while_running(tmp_path):
    path = tmp_path / "state.json"
    with Simulator(state_file=path) as sim:
        link_id = Api(sim).create()
        assert sim.wait(lambda: path.exists() and not sim.store.dirty)
        assert link_id in json.loads(path.read_text())["links"]


def test_several_at_once():
    with Simulator() as one, Simulator() as two:
        link_id = Api(one).create()
        assert one.url != two.url
        assert Api(two).get(f"/v3/payment/payment-links/{link_id}").status_code == 404


def test_starts_and_stops_quickly():
    best = min(_life() for _ in range(3))
    assert best < 0.1


def _life():
    start = time.monotonic()
    Simulator().start().stop()
    return time.monotonic() - start


def test_port_is_free_after_stop():
    with Simulator() as sim:
        port = int(sim.url.rpartition(":")[2])
    with Simulator(port=port) as again:
        assert again.url == sim.url


def test_command_line(tmp_path):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulator", "--port", "0", "--smtp-port", "0"),
            *("--speed", "180", "--webhook-url", "http://127.0.0.1:1/hook"),
            *("--state-file", str(tmp_path / "state.json")),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().split()[-1]
        assert process.stdout.readline().startswith("Mail server: 127.0.0.1:")
        assert requests.get(url + "/", timeout=5).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert (tmp_path / "state.json").exists()
