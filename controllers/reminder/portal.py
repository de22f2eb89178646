"""The customer's reminders on the portal.

Customers have no right of their own on reminders, whose records also hold what is
noted for the company: everything is read in sudo, within the domain of the model.
"""

from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..limits import words_route


class PortalReminder(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        """Override of `portal`: count the reminders."""
        values = super()._prepare_home_portal_values(counters)
        if "payment_reminder_count" in counters:
            reminders, domain = self._get_reminders()
            values["payment_reminder_count"] = reminders.search_count(domain)
        return values

    def _get_reminders(self):
        """Return the model of reminders in sudo, and the domain of those to show."""
        reminders = request.env["payment.reminder"].sudo()
        return reminders, reminders._get_portal_domain(request.env.user)

    @words_route(
        ["/my/reminders", "/my/reminders/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_reminders(self, page=1, **query):
        """List what reached the customer, the newest first."""
        reminders, domain = self._get_reminders()
        pager = portal_pager(
            url="/my/reminders",
            total=reminders.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        # Newer ones, on earlier pages, tell which of these were replaced.
        shown = reminders.search(
            domain,
            order="sent_at desc, id desc",
            limit=pager["offset"] + self._items_per_page,
        )
        return request.render(
            "account_payment_request.portal_my_reminders",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "payment_reminder",
                "rows": shown._get_portal_rows()[pager["offset"] :],
                "pager": pager,
                "default_url": "/my/reminders",
            },
        )

    @words_route(
        ["/my/reminders/<int:reminder_id>"], type="http", auth="user", website=True
    )
    def portal_my_reminder(self, reminder_id, **query):
        """Show one reminder: its invoices as they are now, and what was sent."""
        reminders, domain = self._get_reminders()
        shown = reminders.search(domain, order="sent_at desc, id desc")
        position = shown.ids.index(reminder_id) if reminder_id in shown.ids else -1
        if position < 0:
            raise request.not_found()
        # Newer ones tell whether it was replaced.
        row = shown[: position + 1]._get_portal_rows()[-1]
        reminder = row["reminder"]
        return request.render(
            "account_payment_request.portal_my_reminder",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "payment_reminder",
                "row": row,
                "reminder": reminder,
                "invoices": reminder._get_page_invoices(),
                "table": reminder._get_invoices_values(),
                "text": reminder._get_sent_text(),
            },
        )
