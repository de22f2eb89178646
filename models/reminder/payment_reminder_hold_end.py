from odoo import api, models
from odoo.fields import Domain

from ..task import schedule_task


class PaymentReminder(models.Model):
    """Tells whoever held reminders, or noted a promise, before they go on."""

    _inherit = "payment.reminder"

    @api.model
    def _tell_ending_holds(self, company):
        """Give a task, once, on the last day of what is held and still owed. Told late,
        it is held for that day, too: no message leaves before.

        :param res.company company: whose reminders
        """
        today = company._get_payment_today()
        model = self.env["account.move.line"].sudo()
        ending = model.search(
            Domain("company_id", "=", company.id)
            & Domain("reminder_hold_user_id", "!=", False)
            & Domain("reminder_hold_until", "<=", today)
        )
        owed = ending._filter_remindable()
        for (customer, user, reason), lines in owed.grouped(
            lambda ln: (
                ln.partner_id,
                ln.reminder_hold_user_id,
                ln.reminder_hold_reason,
            )
        ).items():
            self._tell_ending_hold(company, customer, user, reason, lines)
        owed.reminder_hold_until = today
        ending.reminder_hold_user_id = False

        customers = self.env["res.partner"].sudo().with_company(company)
        customers = customers.search(
            Domain("payment_reminder_hold_user_id", "!=", False)
            & Domain("payment_reminder_hold_until", "<=", today)
        )
        policies = self.env["payment.reminder.policy"]._get_usable(company)
        heads = policies._find_group_heads(company, customers.ids)
        theirs = model.search(
            model._get_owed_domain(company, customers | customers.browse(heads))
        )
        for customer in customers:
            held = [customer.id, *(id_ for id_ in heads if heads[id_] == customer.id)]
            if lines := theirs.filtered(lambda ln, held=held: ln.partner_id.id in held):
                self._tell_ending_hold(
                    company,
                    customer,
                    customer.payment_reminder_hold_user_id,
                    customer.payment_reminder_hold_reason,
                    lines,
                )
                customer.payment_reminder_hold_until = today
        customers.payment_reminder_hold_user_id = False

    @api.model
    def _tell_ending_hold(self, company, customer, user, reason, lines):
        """Ask one person whether reminders may go on.

        :param res.users user: who held them
        :param str reason: that they gave
        :param account.move.line lines: that are still owed
        """
        customer = company._with_books_language(customer)
        env = customer.env
        names = self.with_env(env)._write_names(lines.move_id)
        schedule_task(
            customer,
            env._("May reminders of %s go on tomorrow?", customer.display_name),
            env._(
                "Today is the last day on which they are held, and %(invoices)s is "
                "still open. If it must wait longer, hold it again. Reason: %(reason)s",
                invoices=names,
                reason=reason or "-",
            ),
            user=user
            if user.active
            else company._get_payment_accountant(self.env["res.users"]),
            deadline=company._get_payment_today(),
        )
