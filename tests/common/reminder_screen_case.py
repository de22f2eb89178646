"""What the tests of screens share: they are opened as an accountant opens them."""

from .reminder_case import ReminderCase


class ScreenCase(ReminderCase):
    """The screens as an accountant uses them."""

    def balance(self, partner=None, **values):
        """Return the rows of a customer, as the accountant sees them."""
        self.env.flush_all()
        self.env.invalidate_all()
        domain = [("partner_id", "=", (partner or self.customer).id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["payment.customer.balance"].search(domain)

    def owe_each(self, count):
        """Return so many invoices, due since yesterday, each of another customer."""
        return [
            self.overdue(100.0, 1, self.env["res.partner"].create(values))
            for values in (
                {"name": f"Customer {number}", "email": f"c{number}@example.com"}
                for number in range(count)
            )
        ]

    def page(self, partner=None, user=None):
        """Return the customer as their page shows them."""
        self.env.flush_all()
        self.env.invalidate_all()
        return (partner or self.customer).with_user(user or self.accountant)

    def as_accountant(self, reminders=None):
        if reminders is None:
            reminders = self.env["payment.reminder"]
        return reminders.with_user(self.accountant)
