"""Mail over real SMTP, SMS over real JSON-RPC, and the pages that show them."""

import json
import smtplib
import time
from email.message import EmailMessage

import pytest
import requests

from simulator import Simulator

PAY = "http://127.0.0.1:8069/pay/abc"


@pytest.fixture
def sim(clock):
    with Simulator(clock=clock, smtp_port=0) as sim:
        yield sim


def mail(html=True):
    message = EmailMessage()
    message["From"] = "Compta <compta@shop.example>"
    message["To"] = "lina@client.example"
    message["Subject"] = "Facture n° 42 à régler"
    message.set_content(f"À payer : {PAY}.")
    if html:
        message.add_alternative(
            f'<p>À payer <script>x()</script><a href="{PAY}">ici</a>'
            '<img src="cid:logo"></p>',
            subtype="html",
        )
        message.get_payload()[1].add_related(
            b"PNG", maintype="image", subtype="png", cid="<logo>"
        )
        message.add_attachment(
            b"%PDF-1.7", maintype="application", subtype="pdf", filename="Facture.pdf"
        )
    return message


def send(sim, message, **envelope):
    with smtplib.SMTP("127.0.0.1", sim.smtp_port, timeout=5) as server:
        return server.send_message(message, **envelope)


def sms(sim, *numbers, webhook_url=None, content=f"Payez ici : {PAY} merci"):
    body = {
        "jsonrpc": "2.0",
        "method": "call",
        "id": "one",
        "params": {
            "account_token": "token",
            "dbuuid": "uuid",
            "webhook_url": webhook_url,
            "messages": [
                {
                    "content": content,
                    "numbers": [
                        {"number": number, "uuid": f"{index:032x}"}
                        for index, number in enumerate(numbers)
                    ],
                }
            ],
        },
    }
    answer = requests.post(sim.url + "/api/sms/3/send", json=body, timeout=5).json()
    assert answer["jsonrpc"] == "2.0" and answer["id"] == "one"
    return answer["result"]


def test_mail_arrives(sim):
    send(sim, mail())
    [message] = sim.inbox
    assert message.kind == "mail"
    assert message.sender == "Compta <compta@shop.example>"
    assert message.to == ["lina@client.example"]
    assert message.subject == "Facture n° 42 à régler"
    assert message.text.startswith("À payer")
    assert message.links == [PAY]
    names = [(x.name, x.data, x.cid) for x in message.attachments]
    assert ("Facture.pdf", b"%PDF-1.7", "") in names
    assert sim.inbox.to("Lina@client.example") == [message]
    assert sim.inbox.to("other@client.example") == []


def test_recipients_are_those_of_the_envelope(sim):
    send(sim, mail(html=False), to_addrs=["hidden@client.example"])
    assert sim.inbox[0].to == ["hidden@client.example"]
    assert sim.inbox[0].links == [PAY]


def test_refused_mail(sim):
    sim.faults.set(mail_refused=["LINA@client.example"])
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(sim, mail())
    assert refusal.value.recipients["lina@client.example"][0] == 550
    assert not sim.inbox


def test_mail_pages(sim):
    send(sim, mail())
    listing = requests.get(sim.url + "/inbox", timeout=5).text
    assert "Facture n° 42" in listing and 'href="/inbox/1"' in listing
    page = requests.get(sim.url + "/inbox/1", timeout=5).text
    assert 'src="/inbox/1/html"' in page and "sandbox=" in page
    assert "allow-scripts" not in page
    assert f'<a href="{PAY}"' in page
    assert "Facture.pdf" in page and page.count("/file/") == 1
    body = requests.get(sim.url + "/inbox/1/html", timeout=5)
    assert 'target="_blank"' in body.text and f'href="{PAY}"' in body.text
    assert "sandbox" in body.headers["Content-Security-Policy"]
    assert "script-src 'none'" in body.headers["Content-Security-Policy"]
    assert 'src="/inbox/1/image/logo"' in body.text
    image = requests.get(sim.url + "/inbox/1/image/logo", timeout=5)
    assert (image.content, image.headers["Content-Type"]) == (b"PNG", "image/png")
    index = [x.name for x in sim.inbox[0].attachments].index("Facture.pdf")
    file = requests.get(f"{sim.url}/inbox/1/file/{index}", timeout=5)
    assert file.content == b"%PDF-1.7"
    assert file.headers["Content-Disposition"].startswith("attachment")
    for path in ("/inbox/2", "/inbox/1/file/9", "/inbox/1/image/none", "/inbox/0"):
        assert requests.get(sim.url + path, timeout=5).status_code == 404


def test_inbox_json_newest_first(sim):
    send(sim, mail())
    sms(sim, "+33 6 12 34 56 78")
    messages = requests.get(sim.url + "/inbox.json", timeout=5).json()
    assert [x["kind"] for x in messages] == ["sms", "mail"]
    assert messages[1]["links"] == messages[0]["links"] == [PAY]
    assert messages[1]["attachments"][-1]["size"] == 8
    answer = requests.get(
        sim.url + "/inbox.json", params={"to": "+33612345678"}, timeout=5
    )
    assert [x["kind"] for x in answer.json()] == ["sms"]


def test_sms_answers(sim):
    sim.faults.set(sms_wrong_number="+33600000000")
    found = sms(sim, "+33612345678", "+33 6 00 00 00 00", "12")
    assert [x["state"] for x in found] == [
        "success",
        "wrong_number_format",
        "wrong_number_format",
    ]
    assert [x["uuid"] for x in found] == [f"{index:032x}" for index in range(3)]
    assert found[0]["credit"] > 0 and found[1]["credit"] == 0
    assert [x.to for x in sim.inbox] == [["+33612345678"]]
    sim.faults.set(sms_no_credit=True)
    assert sms(sim, "+33612345678")[0]["state"] == "insufficient_credit"


def test_sms_delivery_report(sim, receiver):
    sim.faults.set(sms_undelivered=["+33699999999"])
    sms(sim, "+33612345678", "+33699999999", webhook_url=receiver.url)
    assert not receiver.received
    sim.clock.advance(seconds=5)
    assert sim.wait(lambda: sim.inbox[0].state == "delivered")
    deadline = time.monotonic() + 5
    while not receiver.received and time.monotonic() < deadline:
        time.sleep(0.005)
    [(_path, body, _headers)] = receiver.received
    statuses = json.loads(body)["params"]["message_statuses"]
    assert {x["sms_status"]: x["uuids"] for x in statuses} == {
        "delivered": [f"{0:032x}"],
        "not_delivered": [f"{1:032x}"],
    }
    assert sim.inbox[1].state == "not_delivered"


def test_sms_page(sim):
    sms(sim, "+33612345678", content=f"<b>Payez</b> {PAY}.")
    page = requests.get(sim.url + "/inbox/1", timeout=5).text
    assert f'<a href="{PAY}"' in page
    assert "&lt;b&gt;" in page


def test_accounts(sim):
    body = {
        "jsonrpc": "2.0",
        "method": "call",
        "id": 1,
        "params": {"iap_accounts": [{"token": "t", "service": "sms"}], "dbuuid": "u"},
    }
    url = sim.url + "/iap/1/get-accounts-information"
    answer = requests.post(url, json=body, timeout=5).json()
    assert answer["result"]["t"]["registered"] == "registered"
    assert answer["result"]["t"]["balance"] > 0


def test_the_inbox_is_kept_over_a_restart(tmp_path):
    path = tmp_path / "state.json"
    with Simulator(smtp_port=0, state_file=path) as sim:
        with smtplib.SMTP("127.0.0.1", sim.smtp_port) as server:
            server.send_message(mail())
        with sim.lock:
            sms = sim.inbox.add_sms("+33612345678", "Rappel", "u-1", "2026-11-02")
            sms.state = "success"
        sim.changed()
        assert sim.wait(lambda: not sim.inbox.dirty)
        with sim.lock:
            sms.state = "delivered"
            sim.inbox.note_changed(sms)
        before = list(sim.inbox)
    kept = tmp_path / "state.json.inbox"
    assert kept.stat().st_mode & 0o777 == 0o600
    # killed while it wrote
    with kept.open("a", encoding="utf-8") as file:
        file.write('\n{"id": 3, "kind": "ma')
    with Simulator(smtp_port=0, state_file=path) as sim:
        assert list(sim.inbox) == before
        assert sim.inbox[0].attachments[0].data in (b"PNG", b"%PDF-1.7")
        assert sim.inbox[1].state == "delivered"
        assert requests.get(f"{sim.url}/inbox/1/file/0", timeout=5).ok
        with smtplib.SMTP("127.0.0.1", sim.smtp_port) as server:
            server.send_message(mail())
        assert [message.id for message in sim.inbox] == [1, 2, 3]
