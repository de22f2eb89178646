from datetime import date, timedelta

from devtools.demo import clock


class FakeOdoo:
    """Days that go by, with one reminder on the second of them."""

    def __init__(self, day):
        self.day = day
        self.busy = 0
        self.asked_while_busy = False

    def call(self, model, method):
        assert model == clock.CLOCK
        if method == "next_day":
            self.day += timedelta(days=1)
            self.busy = 2
        if method == "is_quiet":
            self.busy -= 1
            return self.busy <= 0
        return {"date": self.day.isoformat(), "label": "a day"}

    def find(self, model, domain, *fields):
        self.asked_while_busy |= self.busy > 0
        if self.day != date(2026, 12, 2):
            return []
        reminder = dict.fromkeys(fields, False)
        return [{**reminder, "display_name": "First reminder, Atelier Corbin"}]


def test_days_go_by_until_the_target(capsys):
    odoo = FakeOdoo(date(2026, 11, 30))
    assert clock.move(odoo, date(2026, 12, 3)) == date(2026, 12, 3)
    told = capsys.readouterr().out
    assert told.count("·") == 3
    assert told.index("02 Dec") < told.index("First reminder") < told.index("03 Dec")


def test_each_day_ends_before_the_next_begins():
    odoo = FakeOdoo(date(2026, 12, 1))
    clock.move(odoo, date(2026, 12, 3))
    assert not odoo.asked_while_busy


def test_the_clock_never_goes_back(capsys):
    odoo = FakeOdoo(date(2026, 12, 3))
    assert clock.move(odoo, date(2026, 12, 1)) == date(2026, 12, 3)
    assert "only goes on" in capsys.readouterr().out
