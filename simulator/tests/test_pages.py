"""The payer's pages, as a browser without JavaScript uses them."""

import re

import pytest
import requests

from simulator import Simulator

from .conftest import Api

FR = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}


class Browser:
    """Follows no redirect by itself, so that each step can be looked at."""

    def __init__(self, sim, language=None):
        self.sim = sim
        self.session = requests.Session()
        self.session.headers.update(language or {})

    def get(self, url):
        return self._keep(self.session.get(self._full(url), allow_redirects=False))

    def post(self, url, **form):
        answer = self.session.post(self._full(url), form, allow_redirects=False)
        return self._keep(answer)

    def _full(self, url):
        return self.sim.url + url if url.startswith("/") else url

    def _keep(self, answer):
        self.page = answer
        return answer


@pytest.fixture
def browser(sim):
    return Browser(sim)


@pytest.fixture
def at_bank(sim, api, browser):
    """A link and the address of the bank page its payer has come to."""
    link_id = api.create()
    url = sim.pay_url(sim.links[link_id])
    answer = browser.post(url + "/bank", provider_id="574")
    assert answer.status_code == 303
    return link_id, answer.headers["Location"]


def test_all_pages_speak_the_language_of_the_simulator(clock):
    english = {"Accept-Language": "en"}
    with Simulator(clock=clock, language="fr") as sim:
        url = sim.pay_url(sim.links[Api(sim).create()])
        assert "Choisissez votre banque" in Browser(sim, english).get(url).text
        inbox = Browser(sim, english).get("/inbox").text
        for path in ("/", "/account", "/faults", "/webhooks"):
            assert "Boîte de réception" in Browser(sim, english).get(path).text, path
    assert 'lang="fr"' in inbox and "Boîte de réception" in inbox
    assert "Inbox" not in inbox


def test_the_inbox_speaks_the_language_of_the_browser(sim):
    assert "Nothing has arrived yet." in Browser(sim).get("/inbox").text
    assert "Rien n&#39;est encore arrivé." in Browser(sim, FR).get("/inbox").text


def test_pay_page_shows_what_is_paid(sim, api):
    url = sim.pay_url(sim.links[api.create(amount=1290.9)])
    page = Browser(sim).get(url)
    assert 'lang="en"' in page.text and "€1,290.90" in page.text
    assert "Boutique Exemple" in page.text and "K7XQ4M2PRT Facture 42" in page.text
    offered = {int(x) for x in re.findall(r'value="(\d+)"', page.text)}
    assert offered == {574, 9101, 9102, 9103, 9104, 9105}
    page = Browser(sim, FR).get(url)
    assert 'lang="fr"' in page.text and "1\u202f290,90\u00a0€" in page.text
    assert "Choisissez votre banque" in page.text
    assert not sim.requests


def test_banks_of_the_country_or_the_one_chosen(sim, api, browser):
    page = browser.get(sim.pay_url(sim.links[api.create(country="es")]))
    assert re.findall(r'value="(\d+)"', page.text) == ["9201"]
    page = browser.get(sim.pay_url(sim.links[api.create(provider_id=9102)]))
    assert re.findall(r'value="(\d+)"', page.text) == ["9102"]
    assert "Continue with" in page.text


def test_pages_need_no_third_party_and_no_script(sim, api, browser, at_bank):
    link_id, bank = at_bank
    for url in (sim.pay_url(sim.links[link_id]), bank, "/", "/inbox", "/faults"):
        page = browser.get(url)
        assert page.status_code == 200
        assert "<script" not in page.text
        for address in re.findall(r'(?:src|href|action)="(https?://[^"]*)', page.text):
            assert address.startswith(sim.url)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "form, status, words",
    [
        ({"login": "id-acsc"}, "ACSC", "Transfer confirmed"),
        ({"login": "id_pdng_acsc"}, "PDNG", "Transfer confirmed"),
        ({"login": "id-pdng"}, "PDNG", "Transfer confirmed"),
        ({"refuse": "1", "reason": ""}, "RJCT", "Your bank refused"),
        ({"refuse": "1", "reason": "am18"}, "RJCT", "Too many transfers"),
    ],
)
def test_outcomes_at_the_bank(sim, browser, at_bank, form, status, words):
    link_id, bank = at_bank
    assert "Demo Bank" in browser.get(bank).text
    answer = browser.post(bank, **form)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"])
    [request] = sim.requests.values()
    assert request["status"] == status
    assert words in page.text
    goes_back = 'http-equiv="refresh"' in page.text
    assert goes_back == (status != "RJCT")
    if goes_back:
        callback = re.search(r'content="3;url=([^"]+)"', page.text)[1]
        assert callback.replace("&amp;", "&") == request["callback"]
    else:
        assert "status=abort&amp;step=bank_page" in page.text
        assert f"/pay-page/link/{sim.links[link_id]['token']}" in page.text


def test_double_click_confirms_once(sim, browser, at_bank):
    _link_id, bank = at_bank
    first = browser.post(bank, login="id-acsc").headers["Location"]
    again = browser.post(bank, login="id-acsc")
    assert again.headers["Location"] == first
    assert [x["history"] for x in sim.requests.values()] == [["CREA", "ACTC", "ACSC"]]
    assert browser.get(bank).headers["Location"] == first


def test_wrong_login_may_be_typed_again(sim, browser, at_bank):
    _link_id, bank = at_bank
    assert browser.post(bank, login="nonsense").status_code == 400
    assert browser.post(bank, login="id-acsc").status_code == 303


def test_silent_bank_offers_one_confirmation(sim, api, browser):
    url = sim.pay_url(sim.links[api.create()])
    bank = browser.post(url + "/bank", provider_id="9101").headers["Location"]
    page = browser.get(bank)
    assert re.findall(r'name="login" value="([^"]+)"', page.text) == ["id-pdng"]
    assert "never reports" in page.text


def test_closing(sim, api, browser, at_bank):
    link_id, bank = at_bank
    answer = browser.post(bank, close="1")
    assert answer.headers["Location"].endswith("status=abort&step=bank_page")
    answer = browser.post(sim.pay_url(sim.links[link_id]) + "/close")
    assert answer.headers["Location"].endswith("status=abort&step=banks_list")
    silent = sim.links[api.create(callback_url=None)]
    page = browser.post(sim.pay_url(silent) + "/close")
    assert page.status_code == 200 and "can close" in page.text


def test_closed_links_say_so(sim, api, browser):
    expired, revoked, paid = api.create(), api.create(), api.create()
    sim.expire(expired)
    api.post(f"/v3/payment/payment-links/{revoked}/revoke")
    sim.pay(paid)
    for link_id, words in (
        (expired, "has expired"),
        (revoked, "no longer valid"),
        (paid, "already been made"),
    ):
        url = sim.pay_url(sim.links[link_id])
        for page in (browser.get(url), browser.post(url + "/bank", provider_id="574")):
            assert page.status_code == 410
            assert words in page.text
    assert browser.get("/pay-page/link/guessed").status_code == 404
    assert browser.get("/bank/guessed").status_code == 404
    assert len(sim.requests) == 1


def test_lost_callback_ends_on_the_banks_page(sim, browser, at_bank):
    sim.faults.set(lost_callback=1)
    _link_id, bank = at_bank
    result = browser.post(bank, login="id-acsc").headers["Location"]
    page = browser.get(result)
    assert "refresh" not in page.text and "shop.example" not in page.text


def test_names_are_only_text(sim, api, browser):
    link_id = api.create()
    sim.links[link_id]["transactions"][0]["label"] = "<script>alert(1)</script>"
    page = browser.get(sim.pay_url(sim.links[link_id]))
    assert "<script" not in page.text and "&lt;script" in page.text
