"""Many clients at once: nothing is lost, nothing happens twice, nothing hangs."""

from concurrent.futures import ThreadPoolExecutor

from simulator import JourneyError, Simulator

from .conftest import Api, Receiver


def test_many_payers_at_once():
    receiver = Receiver()
    with Simulator(speed=36000) as sim:
        sim.set_webhook(receiver.url)
        api = Api(sim)

        def life(number):
            link_id = api.create(client_reference=f"inv-{number}")
            sim.pay(link_id, "pdng-acsc")
            return api.link(link_id)["status"]

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(life, range(24))) == {"completed"}
        requests = list(sim.requests.values())
        assert sim.wait(lambda: all(x["status"] == "ACSC" for x in requests))
        assert sim.wait(lambda: not sim.outbox.pending)
        assert len(receiver.received) == len(sim.webhooks) == 24 * 5
        histories = {tuple(x["history"]) for x in requests}
        assert histories == {("CREA", "ACTC", "PDNG", "ACSC")}
    receiver.close()


def test_one_payer_confirms_many_times(sim, api):
    attempt = sim.pick_bank(api.create())

    def confirm(_number):
        try:
            sim.finish(attempt["id"], "acsc")
        except JourneyError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(confirm, range(16))) == 1
