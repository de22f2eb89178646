import time
from datetime import datetime, timedelta, timezone

import psycopg2
import pytz
import requests

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

# Seconds by which the demo's clock is ahead of the machine's.
PARAMETER = "payment_demo_clock.ahead"
# A day begins at an hour at which reminders may leave.
MORNING = datetime.min.replace(hour=10).time()
JOB = "account_payment_request.ir_cron_payment_reminder"
QUEUES = (
    JOB,
    "mail.ir_cron_mail_scheduler_action",
    "sms.ir_cron_sms_scheduler_action",
    "account_payment_request.ir_cron_bridge_event",
)
# Seconds, for an answer of the simulated banks.
TIMEOUT = 60
# How often the job is tried while it runs by itself, with a pause in between.
TRIES = 60
PAUSE = 0.5


class PaymentDemoClock(models.AbstractModel):
    """The days of the demo: the simulated banks and the reminders go on together.

    The time of day goes on by itself, from the morning to which it was moved.
    """

    _name = "payment.demo.clock"
    _description = "Clock of the Demo"

    @api.model
    def get_today(self):
        """Return the demo's day: `date` (ISO 8601) and `label`, for a person."""
        self._check_user()
        return self._describe(self.env.company._get_payment_today())

    @api.model
    def next_day(self):
        """Go on to the next morning: the banks do what falls due until then, and the
        job of the reminders runs. Return the new day as `get_today` does."""
        self._check_user()
        company = self.env.company
        day = company._get_payment_today() + timedelta(days=1)
        zone = pytz.timezone(company._get_payment_timezone())
        morning = zone.localize(datetime.combine(day, MORNING))
        self._put_banks_forward(morning)
        self._set_now(morning.astimezone(pytz.utc).replace(tzinfo=None))
        self._run_reminders()
        return self._describe(day)

    @api.model
    def is_quiet(self):
        """Return whether all that the day brought has left, and failures were read."""
        self._check_user()
        jobs = [self.env.ref(xmlid).id for xmlid in QUEUES]
        now, outgoing = fields.Datetime.now(), [("state", "=", "outgoing")]
        waiting = {
            "mail.mail": outgoing,
            "sms.sms": [*outgoing, ("to_delete", "!=", True)],
            "ir.cron.trigger": [("cron_id", "in", jobs), ("call_at", "<=", now)],
        }
        return not any(
            self.env[model].sudo().search_count(domain, limit=1)
            for model, domain in waiting.items()
        )

    # === Inside ===

    @api.model
    def _get_ahead(self):
        """Return how far the demo's clock is ahead of the machine's.

        Read past the cache: two threads may move and read it at the same moment.
        """
        rows = self.env.execute_query(
            SQL("SELECT value FROM ir_config_parameter WHERE key = %s", PARAMETER)
        )
        return timedelta(seconds=int(rows[0][0]) if rows else 0)

    @api.model
    def _check_user(self):
        if not (self.env.su or self.env.user._is_internal()):
            raise AccessError("The demo's clock is for its accountants.")

    @api.model
    def _describe(self, day):
        label = format_date(self.env, day, date_format="EEE d MMM y")
        return {"date": day.isoformat(), "label": label}

    @api.model
    def _put_banks_forward(self, moment):
        """Let the simulated banks live until a moment, which has a time zone."""
        parameters = self.env["ir.config_parameter"].sudo()
        url = parameters.get_param("account_payment_request.bridge_url")
        answer = requests.get(f"{url}/sim/clock.json", timeout=TIMEOUT)
        answer.raise_for_status()
        there = datetime.fromisoformat(answer.json()["now"].replace("Z", "+00:00"))
        seconds = (moment.astimezone(timezone.utc) - there).total_seconds()
        if seconds > 0:
            requests.post(
                f"{url}/sim/advance", json={"seconds": seconds}, timeout=TIMEOUT
            ).raise_for_status()

    @api.model
    def _set_now(self, moment):
        """Move the clock, for all, at once, to a moment in naive UTC."""
        ahead = round((moment - fields.Datetime.now()).total_seconds())
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["ir.config_parameter"].set_param(PARAMETER, ahead)

    @api.model
    def _run_reminders(self):
        """Run the job as the scheduler does, after whatever run is under way: that one
        began on another day."""
        for _try in range(TRIES):
            with self.env.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                try:
                    env.ref(JOB).method_direct_trigger()
                    return
                except (UserError, psycopg2.OperationalError):
                    cr.rollback()
            time.sleep(PAUSE)
        raise UserError("The job of the reminders does not come to an end.")
