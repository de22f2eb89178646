import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..batch import cut

_logger = logging.getLogger(__name__)

SMS_CRON = "sms.ir_cron_sms_scheduler_action"
#: After how long the queue of a company that failed is tried again.
RETRY_MINUTES = 15


class SmsSms(models.Model):
    _inherit = "sms.sms"

    @api.model
    def _process_queue(self):
        """Override of `sms`, which cannot send for two companies in one run.

        One company comes after the other, with its own provider and its own credit,
        and what was handed over is committed at once. A company that fails stops
        neither the others nor the next run.
        """
        queues = self._get_queues()
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=sum(map(len, queues.values())))
        failed = False
        for company, ids in queues.items():
            try:
                if not self.with_company(company)._send_queue(ids):
                    return
            except Exception:
                self.env.cr.rollback()
                _logger.exception("SMS of company %s could not be sent", company.id)
                failed = True
        if failed:
            later = fields.Datetime.now() + timedelta(minutes=RETRY_MINUTES)
            self.env.ref(SMS_CRON).sudo()._trigger(at=later)
        cron._commit_progress(remaining=0)

    @api.model
    def _get_queues(self):
        """Return what waits to be sent, by company of its message.

        :return: ids of SMS, the oldest first
        :rtype: dict[res.company, list[int]]
        """
        self.flush_model(["state", "to_delete", "mail_message_id"])
        self.env["mail.message"].flush_model(["record_company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(message.record_company_id, %(company_id)s) AS company,
                       array_agg(sms.id ORDER BY sms.id)
                  FROM sms_sms sms
             LEFT JOIN mail_message message ON message.id = sms.mail_message_id
                 WHERE sms.state = 'outgoing'
                   AND sms.to_delete IS NOT TRUE
              GROUP BY company
              ORDER BY min(sms.id)
                """,
                company_id=self.env.company.id,
            )
        )
        companies = self.env["res.company"].sudo()
        return {companies.browse(company_id): ids for company_id, ids in rows}

    def _send_queue(self, ids):
        """Send queued SMS of the environment's company, in slices with a commit each.

        :param list[int] ids: of SMS
        :return: whether the job has time left
        :rtype: bool
        """
        # Not by `payment.batch`, which would send again at once what the provider took.
        for waiting in cut(self.browse(ids), self._get_send_batch_size()):
            batch = waiting.try_lock_for_update()
            batch.invalidate_recordset(["state", "to_delete"])
            batch = batch.filtered(lambda s: s.state == "outgoing" and not s.to_delete)
            if batch:
                batch._send(unlink_failed=False, unlink_sent=True)
            if not self.env["ir.cron"]._commit_progress(len(waiting)):
                return False
        return True
