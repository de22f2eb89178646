from odoo import api, fields, models
from odoo.tools import format_amount

from ..task import find_tasks
from ..text import write_day_in_words
from .payment_reminder import ALLOCATE


class PaymentReminder(models.Model):
    """Money that came in so long ago that it holds no reminder any more, and is still
    not allocated: before its customer is asked again, a person looks at it."""

    _inherit = "payment.reminder"

    receipt_id = fields.Many2one(
        comodel_name="account.bank.statement.line",
        string="Money Received",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="It came in, may pay what is named, and was not allocated for long.",
    )
    payment_id = fields.Many2one(
        comodel_name="account.payment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="It was registered, may pay what is named, and was not allocated for "
        "long.",
    )
    money_note = fields.Char(compute="_compute_money_note")

    @api.depends("state", "receipt_id.is_reconciled", "payment_id.state")
    @api.depends_context("lang")
    def _compute_money_note(self):
        for reminder in self:
            reminder.money_note = False
            if reminder.state == "to_confirm" and (
                money := reminder._get_unallocated()
            ):
                reminder.money_note = self._describe_unallocated(money)

    def _get_unallocated(self):
        """Return the bank line or payment for which a person has to confirm this, in
        sudo; empty once it is allocated.

        :rtype: account.bank.statement.line | account.payment
        """
        self.ensure_one()
        reminder = self.sudo()
        receipt = reminder.receipt_id.filtered(
            lambda line: not line.is_reconciled and line.move_id.state == "posted"
        )
        return receipt or reminder.payment_id.filtered(
            lambda payment: payment.state == "in_process" and not payment.invoice_ids
        )

    def _needs_confirmation(self):
        """Return whether a person has to confirm this before it leaves.

        :rtype: bool
        """
        self.ensure_one()
        return not self.level_id.automatic or bool(self._get_unallocated())

    @api.model
    def _describe_unallocated(self, money):
        """Return what a person has to do about money, in a sentence.

        :param money: bank line or payment
        :rtype: str
        """
        return self.env._(
            "A payment of %(amount)s of %(date)s is still not allocated: allocate it, "
            "or confirm the reminder.",
            amount=format_amount(self.env, money.amount, money.currency_id),
            date=write_day_in_words(self.env, money.date),
        )

    def _note_unallocated(self, rows):
        """Have a person confirm this once there is old money that may pay it, unless
        one has seen to it.

        :param list[dict] rows: of the plan, of what it asks for
        """
        self.ensure_one()
        if self.state not in ("to_confirm", "to_send") or self._get_unallocated():
            return
        for row in rows:
            if row["receipt_id"] or row["payment_id"]:
                # Those about what was allocated since.
                find_tasks(self, ALLOCATE).unlink()
                self.write(
                    {"receipt_id": row["receipt_id"], "payment_id": row["payment_id"]}
                )
                break

    def _hold_for_unallocated(self):
        """Have persons confirm those of these that would leave although old money may
        pay them.

        :return: the others
        :rtype: payment.reminder
        """
        waiting = self.filtered(
            lambda r: r.state == "to_send"
            and not (r.manual or r.is_test)
            and r._get_unallocated()
        )
        waiting.state = "to_confirm"
        waiting._ask_to_allocate()
        return self - waiting

    def _ask_to_allocate(self):
        """Give the responsible a task about the money for which these wait, once for
        each customer and payment."""
        for reminder in self.filtered(lambda r: r.state == "to_confirm"):
            if not (money := reminder._get_unallocated()):
                continue
            books = reminder.company_id._with_books_language(reminder)
            summary = books.env._(
                "%(customer)s: allocate %(amount)s of %(date)s",
                customer=reminder.partner_id.display_name,
                amount=format_amount(books.env, money.amount, money.currency_id),
                date=write_day_in_words(books.env, money.date),
            )
            reminder._schedule_task(
                books._describe_unallocated(money), summary, about=ALLOCATE
            )

    def _settle_unallocated(self):
        """Let those leave by themselves that waited only for money which is allocated
        by now."""
        # The task of what was deleted is still there.
        asked = self.browse(find_tasks(self, ALLOCATE).mapped("res_id"))
        asked |= self.filtered(lambda r: r.receipt_id or r.payment_id)
        settled = asked.filtered(lambda r: not r._get_unallocated())
        settled.write({"receipt_id": False, "payment_id": False})
        settled.filtered("level_id.automatic").state = "to_send"
        find_tasks(settled, ALLOCATE).unlink()

    # === For persons ===

    def action_open_received(self):
        """Open the money for which this waits.

        :rtype: dict | None
        """
        self.ensure_one()
        return self._open_money(self._get_unallocated())

    @api.model
    def _open_money(self, money):
        """Return the action that opens money which is not allocated.

        :param money: bank line or payment, or empty
        :rtype: dict | None
        """
        if not money:
            return None
        if money._name == "account.payment":
            return money.sudo(False)._get_records_action()
        return money.sudo(False).action_open_to_reconcile()
