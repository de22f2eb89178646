from odoo import fields, models

#: By which field of a contact a channel reaches him; the others always find a way.
REACHED_BY = {"email": "email", "sms": "phone", "phone": "phone"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    type = fields.Selection(
        selection_add=[("followup", "Reminders")],
        ondelete={"followup": "set default"},
    )


class PaymentReminder(models.Model):
    """Who receives a reminder, and in which language."""

    _inherit = "payment.reminder"

    def _find_contacts(self):
        """Return whom each reminder is for, by the rule of its level: whoever reads
        reminders there, else whoever gets the invoices, else the company itself.

        Somebody archived is passed over, and so is a contact whom no channel of the
        level reaches: the company itself is better than nobody.

        :return: contact by reminder
        :rtype: dict[int, res.partner]
        """
        addresses = (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    ("commercial_partner_id", "in", self.partner_id.ids),
                    ("type", "in", ("followup", "invoice")),
                    ("company_id", "in", [False, *self.company_id.ids]),
                ],
                order="id",
            )
            .grouped(lambda partner: (partner.commercial_partner_id, partner.type))
        )
        nobody = self.env["res.partner"]
        contacts = {}
        for reminder in self:
            customer, rule = reminder.partner_id, reminder.level_id.recipient
            channels = reminder.level_id and reminder.level_id._get_channels()
            ways = {REACHED_BY[name] for name in channels if name in REACHED_BY}
            wanted = []
            if rule == "followup":
                wanted += addresses.get((customer, "followup"), nobody)
            if rule in ("followup", "invoice"):
                invoiced = reminder.line_ids.move_id.partner_id
                # The address on the invoices, unless they went to several.
                if len(invoiced) == 1 and invoiced.active:
                    wanted += invoiced - customer
                wanted += addresses.get((customer, "invoice"), nobody)
            company = reminder.company_id
            contacts[reminder.id] = next(
                (
                    partner
                    for partner in wanted
                    if partner.company_id in (nobody.company_id, company)
                    and (not ways or any(partner[name] for name in ways))
                ),
                customer,
            )
        return contacts

    def _find_lang(self, contact):
        """Return the language in which ``contact`` is written to.

        :param res.partner contact: of the customer
        :return: code of an installed language
        :rtype: str
        """
        self.ensure_one()
        installed = dict(self.env["res.lang"].get_installed())
        wanted = (
            contact.lang,
            self.partner_id.lang,
            self.company_id._get_payment_language(),
        )
        return next((lang for lang in wanted if lang in installed), self.env.lang)
