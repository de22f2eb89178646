from unittest.mock import patch
import collections, time
from odoo.tests import tagged
from .test_random_histories import TestRandomHistories as Base
from ..bridge import status as S
BaseTest = Base.test_every_history_ends_as_the_bank_tells_it
STAT = collections.Counter()

class Mut(Base):
    pass
del Base
Mut.test_every_history_ends_as_the_bank_tells_it = None

@tagged("post_install", "-at_install")
class TestTmpMutants(Mut):
    def mutant(self, name):
        t=time.perf_counter()
        try:
            BaseTest(self)
        except AssertionError as e:
            print("MUTANT killed", name, str(e)[:100].replace("\n"," "))
        except Exception as e:
            print("MUTANT killed by", name, type(e), str(e)[:100].replace("\n"," "))
        else:
            print("MUTANT SURVIVED", name)

    def check_truth(self):
        for tx in self.requests.transaction_ids:
            STAT[tx.state] += 1
            if tx.issue: STAT[tx.issue] += 1
        STAT["lines"] += len(self.lined)
        STAT["lines ok"] += len(self.lined_lines().filtered("is_reconciled"))
        STAT["examples"] += 1
        return super().check_truth()

    def test_0_stats(self):
        BaseTest(self)
        print("STATS", dict(STAT))

    def test_late(self):
        cls = self.env.registry["payment.transaction"]
        orig = cls._set_done
        with patch.object(cls, "_set_done", lambda s, **k: orig(s)):
            self.mutant("late money")

    def test_twice_line(self):
        cls = self.env.registry["payment.transaction"]
        with patch.object(cls, "_is_awaited_at_bank", lambda s: True):
            self.mutant("line twice")

    def test_strongest(self):
        with patch.object(S, "strongest", lambda r: (list(r) or [None])[0]):
            self.mutant("strongest newest")

    def test_flag(self):
        cls = self.env.registry["payment.transaction"]
        with patch.object(cls, "_flag_if_unused", lambda s: None):
            self.mutant("paid twice untold")

    def test_obsolete(self):
        cls = self.env.registry["payment.transaction"]
        with patch.object(cls, "_bridge_is_obsolete", lambda s: s.bridge_link_status != "x" and s.state == "draft" and s.bank_status == "ACTC"):
            self.mutant("withdraw early (equivalent)")
