from odoo import api, fields, models


class PaymentTransactionOffer(models.Model):
    """What a payer accepted as they tapped: the due lines that their money is for, with
    the amount and the discount of each. That is what is booked, whenever it arrives."""

    _name = "payment.transaction.offer"
    _inherit = ["payment.engine.owned"]
    _description = "Accepted Offer"
    _order = "id"
    _rec_name = "move_id"

    transaction_id = fields.Many2one(
        comodel_name="payment.transaction",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="transaction_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="transaction_id.currency_id")
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Due Line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    due_date = fields.Date(readonly=True)
    whole_invoice = fields.Boolean(
        readonly=True,
        help="All of the invoice, or a part of it, was asked for: what its due line "
        "does not need pays the next one.",
    )
    amount = fields.Monetary(string="Pays", readonly=True)
    discount = fields.Monetary(
        string="Discount Granted",
        readonly=True,
        help="Early-payment discount that is granted with this transfer.",
    )
    discount_until_date = fields.Date(
        string="Discount Until",
        readonly=True,
        help="A discount was accepted, and is granted with the transfer that pays the "
        "rest of the due line.",
    )
    settled = fields.Monetary(compute="_compute_settled")

    _amounts_positive = models.Constraint(
        "CHECK(amount >= 0 AND discount >= 0)",
        "What an offer pays, and its discount, are not negative.",
    )

    @api.depends("amount", "discount")
    def _compute_settled(self):
        for offer in self:
            offer.settled = offer.amount + offer.discount

    def _get_values(self):
        """Return what is offered, as it is created.

        :rtype: list[dict]
        """
        return [
            {
                "move_id": offer.move_id.id,
                "move_line_id": offer.move_line_id.id,
                "due_date": offer.due_date,
                "whole_invoice": offer.whole_invoice,
                "amount": offer.amount,
                "discount": offer.discount,
                "discount_until_date": offer.discount_until_date,
            }
            for offer in self
        ]

    def _get_entries(self):
        """Return the open due lines that the offer pays: its own first, then, if all of
        the invoice was asked for, the others. After a correction, what is due on the
        same day is its own, whatever its id.

        :return: in the order in which they are paid
        :rtype: account.move.line
        """
        self.ensure_one()
        dues = self.move_id.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        if not self.whole_invoice:
            same_day = dues.filtered(lambda line: line.date_maturity == self.due_date)
            dues = same_day or (dues & self.move_line_id) or dues
        return dues.filtered(
            lambda line: line.parent_state == "posted"
            and not line.reconciled
            and line.currency_id == self.currency_id
            and line.amount_residual_currency > 0
        ).sorted(
            lambda line: (
                line.date_maturity != self.due_date,
                line != self.move_line_id,
                line.date_maturity or line.date,
                line.id,
            )
        )

    def _get_discount_of(self, entry):
        """Return the discount that was accepted of a due line, if its terms are still
        those that were offered.

        :param account.move.line entry: that is paid
        :rtype: float
        """
        self.ensure_one()
        granted = entry._get_early_discount()
        same = entry == self.move_line_id and not self.currency_id.compare_amounts(
            granted, self.discount
        )
        return granted if same else 0.0


class PaymentTransaction(models.Model):
    """Booking what the payer accepted, due line by due line."""

    _inherit = "payment.transaction"

    offer_ids = fields.One2many(
        comodel_name="payment.transaction.offer",
        inverse_name="transaction_id",
        string="Accepted Offer",
        readonly=True,
    )

    @api.depends("amount", "offer_ids.amount", "offer_ids.discount")
    def _compute_request_share(self):
        for tx in self:
            tx.request_share = sum(tx.offer_ids.mapped("settled")) or tx.amount

    def _share_among_entries(self, offers):
        """Return what the transfer settles by its offer, of what is still open.

        :param payment.transaction.offer offers: that were accepted
        :return: due line, amount of money, and discount granted, each positive
        :rtype: list[tuple[account.move.line, float, float]]
        """
        self.ensure_one()
        compare, taken, shares = self.currency_id.compare_amounts, {}, []
        # Of a card, a part may be captured.
        money = self.amount
        for offer in offers:
            left = min(offer.amount, money)
            for entry in offer._get_entries():
                room = entry.amount_residual_currency - taken.get(entry, 0.0)
                paid = min(left, room)
                if compare(paid, 0) <= 0:
                    continue
                # Accepted with the whole of it: not if something else paid a part.
                granted = offer._get_discount_of(entry)
                if compare(room, paid + granted) < 0:
                    granted = 0.0
                taken[entry] = taken.get(entry, 0.0) + paid + granted
                left = self.currency_id.round(left - paid)
                money = self.currency_id.round(money - paid)
                shares.append((entry, paid, granted))
        return shares

    def _get_accepted_offers(self):
        """Return what is booked by: a capture has the offer of what was authorized.

        :rtype: payment.transaction.offer
        """
        self.ensure_one()
        source = self.source_transaction_id
        if not self.offer_ids and self.operation == source.operation:
            return source.offer_ids
        return self.offer_ids

    def _book_offer(self, offers, extra_create_values, create_payment):
        """Make the payment with an item for each due line of the offer, and reconcile
        each with its own: core would pay the oldest of all invoices first.

        :param payment.transaction.offer offers: that were accepted
        :param dict extra_create_values: for the payment
        :param Callable create_payment: core's, which takes such values
        :return: the payment
        :rtype: account.payment
        """
        self.ensure_one()
        shares = self._share_among_entries(offers)
        asking = offers.transaction_id
        invoices = asking.invoice_ids
        values = {
            "date": self.company_id._get_payment_today(),
            **extra_create_values,
            "invoice_ids": invoices,
        }
        accounts = offers.move_id.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).account_id
        if shares:
            values |= self._get_offer_values(shares, values["date"])
        elif accounts:
            values["destination_account_id"] = accounts[0].id
        # Core pays with it whatever is open of these, the oldest first.
        asking.invoice_ids = False
        payment = create_payment(**values)
        asking.invoice_ids = invoices
        # As they were made: the bank's, then one for each share.
        items = payment.move_id.line_ids.sorted("id")[1:]
        self.env["account.move.line"]._reconcile_plan(
            [item | entry for item, (entry, *_) in zip(items, shares, strict=False)]
        )
        return payment

    def _get_offer_values(self, shares, date):
        """Return what makes a payment have an item for each share, then the discounts,
        then what is left over.

        :param list shares: as `_share_among_entries` returns them
        :param datetime.date date: of the payment
        :rtype: dict
        """
        first = shares[0][0]
        items, running = [], 0.0
        for entry, paid, granted in shares[1:]:
            items.append(self._get_item_values(entry, running, paid + granted, date))
            running += paid + granted
        discounted = first.browse(share[0].id for share in shares if share[2])
        items += discounted._get_discount_items(self.company_id, self.currency_id, date)
        rest = self.amount - sum(paid for _entry, paid, _granted in shares)
        if self.currency_id.compare_amounts(rest, 0) > 0:
            items.append(self._get_item_values(first, running, rest, date))
        # The item of the first share is what core makes of the rest.
        return {
            "destination_account_id": first.account_id.id,
            "write_off_line_vals": items,
        }

    def _get_item_values(self, entry, before, settled, date):
        """Return the values of a journal item that settles a part of a due line.

        :param account.move.line entry: the due line
        :param float before: what the items before this one settle: what rounding of
            another currency leaves must not gather in one of them
        :param float settled: of the due line
        :param datetime.date date: of the payment
        :rtype: dict
        """
        company = self.company_id

        def convert(amount):
            return self.currency_id._convert(amount, company.currency_id, company, date)

        return {
            "name": entry.move_id.payment_reference or entry.move_id.name,
            "account_id": entry.account_id.id,
            "partner_id": entry.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": -settled,
            "balance": convert(before) - convert(before + settled),
        }

    def _flag_lost_discount(self):
        """Call a person where a discount that was accepted could not be granted."""
        self.ensure_one()
        entries = self.offer_ids.filtered("discount").move_line_id
        if entries and not all(entry._get_discount_account() for entry in entries):
            self._flag(
                "amount_differs",
                self.env._(
                    "The early-payment discount that the customer accepted was not "
                    "booked: no account for it is chosen in the settings. Choose one, "
                    "and write off what is left of the invoice."
                ),
            )
