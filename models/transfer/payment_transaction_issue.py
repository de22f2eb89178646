from markupsafe import escape

from odoo import models


class PaymentTransaction(models.Model):
    """What a person should look at."""

    _inherit = "payment.transaction"

    def _flag(self, issue, note):
        """Mark the transactions for a person and give the accountant a task.

        :param str issue: value of the field `issue`
        :param str note: what happened, in a sentence
        """
        self.write({"issue": issue})
        summary = dict(self._fields["issue"]._description_selection(self.env))[issue]
        for tx in self:
            tx._log_message_on_linked_documents(note)
            if document := tx._get_document():
                document.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=f"{summary}: {tx.reference}",
                    note=escape(note),
                    user_id=tx._accountant().id,
                )

    def _get_document(self):
        """Return the record on which tasks about this transaction are put: its request,
        else its invoice, else its order if there are orders.

        :return: in sudo, empty if there is none
        """
        self.ensure_one()
        orders = (
            self.sale_order_ids if "sale_order_ids" in self._fields else self.browse()
        )
        return (self.payment_request_id or self.invoice_ids[:1] or orders[:1]).sudo()

    def _accountant(self):
        """Return the user to whom tasks about this transaction go: the one named in
        the settings, else the responsible if he does accounting, else an accountant.

        :rtype: res.users
        """
        self.ensure_one()
        return self.company_id._get_payment_accountant(
            self.payment_request_id.user_id | self.invoice_ids.invoice_user_id
        )

    def _clear_issue(self):
        """Take the transactions off the list of what is to be handled."""
        for tx in self.filtered("issue"):
            if document := tx._get_document():
                activities = document.activity_ids.filtered(
                    lambda activity, tx=tx: activity.automated
                    and tx.reference in (activity.summary or "")
                )
                activities.action_done()
        self.write({"issue": False})
