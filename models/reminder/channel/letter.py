import base64
import re
from urllib.parse import parse_qs

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq
from odoo.tools.image import image_data_uri
from odoo.tools.pdf import merge_pdf

from ....report.letter_sheet import Sheet, stamp
from ....report.letter_text import self_contained
from ...batch import together_or_each
from ...text import labelled, shorten_list, write_day_in_words

#: Enclosed invoices that a letter names one by one.
ENCLOSED_NAMES = 8
LETTER_REPORT = "account_payment_request.action_report_payment_reminder"
#: Lines of an address that fit into the window of an envelope.
WINDOW_LINES = 6
#: A picture that has all of it in itself: not SVG, which refers to others.
OWN_PICTURE = re.compile(r"data:image/(gif|jpe?g|png|webp);base64,[A-Za-z0-9+/=]+\Z")
#: The address that the editor of texts gives a picture.
UPLOADED = re.compile(r"/web/image/(\d{1,9})(?:-\w+)?(?:/[^/?]*)?(?:\?(.*))?")
#: States in which the letter is what was, or will be, posted.
POSTED_STATES = ("to_post", "queued", "sent", "delivered")


class PaymentReminder(models.Model):
    """Reminders by post, and the statement of account that goes with a reminder."""

    _inherit = "payment.reminder"

    is_printed = fields.Boolean(
        string="Printed",
        compute="_compute_is_printed",
        help="The letter as it is now was printed; it can be posted.",
    )

    @api.depends("state")
    def _compute_is_printed(self):
        printed = self._get_letters()
        for reminder in self:
            reminder.is_printed = bool(printed[reminder._origin.id])

    def _send_by_letter(self):
        """Take the reminders whose recipient can be written to by post.

        :return: why they cannot, by reminder
        :rtype: dict[int, str]
        """
        why_not = self._find_archived()
        for reminder in self.filtered(lambda r: r.id not in why_not):
            missing = reminder._get_postal_partner()._get_missing_address_parts()
            if missing:
                why_not[reminder.id] = self.env._(
                    "The address of %(name)s is not complete: %(missing)s.",
                    name=reminder.contact_id.display_name,
                    missing=", ".join(missing),
                )
        return why_not

    def _take_by_letter(self):
        """Hand the letters to the service that prints and posts them, if the company
        wants it and the address has all that it asks for; the others are for a person.
        """
        if "snailmail.letter" not in self.env:
            return
        reached = self.filtered(
            lambda r: r.company_id.payment_reminder_snailmail
            and not r._get_registered_text()
            and self.env["snailmail.letter"]._is_valid_address(r._get_postal_partner())
        )
        report = self.env.ref(LETTER_REPORT).sudo()
        letters = (
            self.env["snailmail.letter"]
            .sudo()
            .create(
                [
                    {
                        "model": self._name,
                        "res_id": reminder.id,
                        "partner_id": reminder._get_postal_partner().id,
                        "company_id": reminder.company_id.id,
                        "report_template": report.id,
                        # The address is in the window of the letter itself.
                        "cover": False,
                    }
                    for reminder in reached
                ]
            )
        )
        for reminder, letter in zip(reached, letters, strict=True):
            reminder.write(
                {
                    "state": "queued",
                    "sent_at": reminder.company_id._get_payment_now(),
                    "mail_message_id": letter.message_id.id,
                }
            )

    def _cancel_letters(self):
        """Take back what the service for letters could not post yet."""
        if "snailmail.letter" in self.env and self.mail_message_id:
            self.env["snailmail.letter"].sudo().search(
                [
                    ("message_id", "in", self.mail_message_id.ids),
                    ("state", "in", ("pending", "error")),
                ]
            ).cancel()

    # === What is printed ===

    def _get_postal_partner(self):
        """Return whose postal address the letter goes to: the recipient's own if
        it is complete, else the customer's.

        :rtype: res.partner
        """
        self.ensure_one()
        contact = self.contact_id
        if contact._get_missing_address_parts():
            return self._get_party() if self.party_id.is_company else self.partner_id
        return contact

    def _get_postal_lines(self):
        """Return what stands in the window of the envelope.

        :return: at most six lines, the customer's name first
        :rtype: list[str]
        """
        self.ensure_one()
        customer = self._get_party().commercial_partner_id
        names = [customer.name]
        if self.contact_id.name and self.contact_id != customer:
            names.append(self.contact_id.name)
        address = self._get_postal_partner()._get_postal_lines(self.company_id)
        lines = [*names, *address]
        if len(lines) > WINDOW_LINES:
            # Leave out the person rather than the street.
            lines = [*names[:1], *address]
        return [*lines[: WINDOW_LINES - 1], *lines[WINDOW_LINES - 1 :][-1:]]

    def _get_letter_values(self):
        """Return what the letter shows beside its text, in the language of the
        environment.

        :return: `registered`, `debtor_number`, `place_date`, `enclosures` (sentences),
            `table` (see `_get_invoices_values`), `offer` (link and QR code, see
            `_get_payment_offer`)
        :rtype: dict
        """
        self.ensure_one()
        request, company = self.request_id.sudo(), self.company_id
        today = write_day_in_words(self.env, company._get_payment_today())
        if company.city:
            today = self.env._("%(city)s, %(date)s", city=company.city, date=today)
        return {
            "registered": self._get_registered_text(),
            "debtor_number": self.partner_id._get_number_text(),
            "place_date": today,
            "table": self._get_invoices_values(self._find_not_due()[self.id]),
            "offer": request._get_payment_offer() if request else {},
            "enclosures": self._get_enclosures_text(),
        }

    def _get_enclosures_text(self):
        """Return what `_enclose` puts behind the letter, in words.

        :rtype: str
        """
        # The service for letters takes none.
        if self.env.context.get("snailmail_layout"):
            return ""
        files = self._get_invoice_files()
        moves = self._sort_lines().move_id
        enclosed = moves.filtered(lambda move: move.invoice_pdf_report_id in files)
        shown, more = shorten_list(enclosed.mapped("name"), ENCLOSED_NAMES)
        names = ", ".join(shown)
        if more:
            names = self.env._("%(names)s and %(count)s more", names=names, count=more)
        parts = []
        if len(enclosed) == 1:
            parts.append(self.env._("invoice %s", names))
        elif enclosed:
            parts.append(self.env._("invoices %s", names))
        if self.level_id.attach_statement:
            parts.append(self.env._("statement of account"))
        text = ", ".join(parts)
        return text and labelled(self.env, self.env._("Enclosures"), text)

    def _get_letter_text(self, text):
        """Return a text without anything that the engine would fetch to print it.

        :param str text: HTML, as a person wrote it
        :rtype: Markup
        """
        return self_contained(text, self._find_picture)

    def _find_picture(self, address):
        """Return a picture that was uploaded here, if its address alone shows it to
        everybody: who prints may see more than who wrote.

        :param str address: as it stands in a text
        :return: a `data:` address; empty for what is elsewhere, or nobody's to see
        :rtype: str
        """
        if OWN_PICTURE.match(address):
            return address
        match = UPLOADED.fullmatch(address.removeprefix(self.get_base_url()))
        if not match:
            return ""
        picture = self.env["ir.attachment"].sudo().browse(int(match[1])).exists()
        token = parse_qs(match[2] or "").get("access_token", [""])[0]
        known = picture.access_token or ""
        may_see = picture.public or consteq(known.encode(), (token or "?").encode())
        inline = may_see and picture.datas and image_data_uri(picture.datas)
        return inline if inline and OWN_PICTURE.match(inline) else ""

    def _stamp_letter(self, pdf):
        """Return the pages of the letter with sender, address and footer on them.

        :param bytes pdf: the text alone
        :rtype: bytes
        """
        self.ensure_one()
        reminder = self.sudo().with_context(lang=self.sudo().lang)
        company = reminder.company_id
        details = company._get_sender_details()
        city = " ".join(filter(None, (company.zip, company.city)))
        footer = [
            [details["title"], details["address"]],
            details["identifiers"],
            *([line] for line in details["footer"]),
            [details["phone"], details["email"], details["website"]],
        ]
        logo = (
            b"" if company.uses_default_logo else base64.b64decode(company.logo or b"")
        )
        sheet = Sheet(
            sender=list(
                filter(None, (company.name, company.street, company.street2, city))
            ),
            # Our post reads the country, not the recipient's.
            window=company._with_books_language(reminder)._get_postal_lines(),
            footer=list(
                filter(None, (" – ".join(filter(None, part)) for part in footer))
            ),
            logo=logo,
        )
        return stamp(pdf, sheet)

    def _enclose(self, pdf):
        """Return the letter with the invoices and the statement that its level attaches
        behind it.

        :param bytes pdf: the letter alone
        :rtype: bytes
        """
        self.ensure_one()
        reminder = self.sudo()
        documents = [pdf]
        if reminder.level_id.attach_statement:
            customer = reminder.partner_id
            documents += customer._print_statements(reminder.company_id).values()
        documents += reminder._get_invoice_files().mapped("raw")
        return merge_pdf(documents)

    def _get_letter_name(self):
        """Return the file name of the letter as it is posted, which is kept; nothing
        while its text may still change.

        :rtype: str | bool
        """
        self.ensure_one()
        if self.channel != "letter" or self.state not in POSTED_STATES:
            return False
        return f"{self._get_file_name()}.pdf"

    def _get_file_name(self):
        """Return a name for what is printed of the reminder.

        :rtype: str
        """
        self.ensure_one()
        name = f"{self.level_name or ''} {self.partner_id.name or ''} {self.date}"
        return " ".join(name.replace("/", "-").split())

    def _get_letters(self):
        """Return the letters as they were printed to be posted.

        :return: attachments by reminder
        :rtype: dict[int, ir.attachment]
        """
        attachments = self.env["ir.attachment"].sudo()
        posted = self.filtered(lambda r: r._get_letter_name())
        letters = attachments.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", posted.ids),
                ("name", "in", [r._get_letter_name() for r in posted]),
            ],
            order="id desc",
        ).grouped("res_id")
        return {id_: letters.get(id_, attachments)[:1] for id_ in self.ids}

    # === What a person does ===

    def action_print_letters(self):
        """Print the letters to post; what was paid or held meanwhile is not.

        :return: action that downloads them as one file, printed before slice by slice
        :rtype: dict
        :raises UserError: if nothing is left to post
        """
        self.check_access("write")
        letters = self.sudo().filtered(lambda r: r.state == "to_post")
        letters._find_outdated_letters()._forget_letters()
        letters = letters._refresh_to_do()
        letters._find_outdated_letters()._forget_letters()
        if not letters:
            raise UserError(
                self.env._("Nothing of it is to be posted: see why on the reminders.")
            )
        return letters.sudo(False)._continue("print", letters.ids)

    def _print_letters(self):
        """Print letters that were not printed yet; each is kept with its reminder."""
        printed = self._get_letters()
        new = self.filtered(lambda r: r.state == "to_post" and not printed[r.id])
        if new:
            report = self.env["ir.actions.report"]
            report._render_qweb_pdf(LETTER_REPORT, new.ids)

    def _get_print_action(self):
        """Return the action that downloads these letters as one file.

        :rtype: dict
        """
        return self.env.ref(LETTER_REPORT).report_action(self, config=False)

    def action_posted(self):
        """Note that the letters are in the post.

        :raises UserError: for a letter that was never printed
        """
        self.check_access("write")
        letters = self.sudo().filtered(lambda r: r.state == "to_post")
        printed = letters._get_letters()
        unprinted = letters.filtered(lambda r: not printed[r.id])
        if unprinted or not letters:
            names = unprinted.mapped("display_name")
            raise UserError(
                self.env._("These letters were not printed yet: %s", "; ".join(names))
                if names
                else self.env._("There is nothing to post.")
            )
        letters._without_tracking()._mark_sent()
        for reminder in letters:
            reminder._message_log(
                body=self.env._("The letter was posted."),
                attachment_ids=printed[reminder.id].ids,
            )

    # === Kept up to date until a person takes it ===

    def _find_outdated_letters(self):
        """Return the reminders of which a person changed text or address since they
        were printed.

        :rtype: payment.reminder
        """
        outdated = self.browse()
        for reminder_id, letter in self._get_letters().items():
            reminder = self.browse(reminder_id)
            shown = [*(reminder.partner_id | reminder.contact_id)]
            if reminder.edited:
                shown.append(reminder)
            if letter and any(
                record.write_date > letter.create_date for record in shown
            ):
                outdated |= reminder
        return outdated

    def _forget_letters(self):
        """Remove letters that say what is not true any more, before they are posted."""
        letters = self.filtered(lambda r: r.state == "to_post")._get_letters()
        self.env["ir.attachment"].sudo().concat(*letters.values()).unlink()

    # === Statement of account ===

    def _get_statements(self):
        """Return the statements of account that the levels want attached.

        :return: attachments by reminder; nothing where none is wanted
        :rtype: dict[int, ir.attachment]
        """
        nothing = self.env["ir.attachment"].sudo()
        statements = dict.fromkeys(self.ids, nothing)
        wanted = self.filtered("level_id.attach_statement")
        for company, reminders in wanted.grouped("company_id").items():
            pdfs = reminders._try_statements(company)
            made = reminders.filtered(
                lambda r, pdfs=pdfs: r._get_statement_partner().id in pdfs
            )
            attachments = nothing.create(
                [
                    {
                        "name": reminder._get_statement_name(),
                        "raw": pdfs[reminder._get_statement_partner().id],
                        "res_model": self._name,
                        "res_id": reminder.id,
                    }
                    for reminder in made
                ]
            )
            for reminder, attachment in zip(made, attachments, strict=True):
                statements[reminder.id] = attachment
        return statements

    def _get_statement_partner(self):
        """Return whose statement of account goes with the reminder: an invoice address
        that is reminded by itself does not see those of others, and a group has one of
        all its companies.

        :rtype: res.partner
        """
        self.ensure_one()
        return self._get_party()

    def _try_statements(self, company):
        """Return the statements of account of these customers. Without one the reminder
        leaves all the same, and one task says what is wrong.

        :param res.company company: whose claims they are
        :return: PDF by id of the customer
        :rtype: dict[int, bytes]
        """
        pdfs, errors = {}, {}
        together_or_each(
            self.env,
            self.partner_id.browse().union(*(r._get_statement_partner() for r in self)),
            lambda customers: pdfs.update(
                customers.with_context(
                    reminder_statement_of_party=True
                )._print_statements(company)
            ),
            lambda customer, error: errors.update({customer: error}),
            UserError,
        )
        for customer, error in errors.items():
            reminder = self.filtered(
                lambda r, mine=customer: r._get_statement_partner() == mine
            )[:1]
            env = company._with_books_language(self).env
            reminder._schedule_task(
                env._("The reminder left without the statement: %s", error),
                env._("Restore the printing of statements"),
            )
        return pdfs

    def _get_statement_name(self):
        self.ensure_one()
        env = self.with_context(lang=self.lang).env
        name = env._(
            "Statement of account %(customer)s %(date)s.pdf",
            customer=self._get_statement_partner().display_name,
            date=self.company_id._get_payment_today(),
        )
        return name.replace("/", "-")


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _is_engine_owned(self):
        """Override: so is a letter that was printed to be posted."""
        if super()._is_engine_owned():
            return True
        reminders = self.env["payment.reminder"].sudo()
        if self.res_model != reminders._name or not self.res_id:
            return False
        reminder = reminders.browse(self.res_id).exists()
        return bool(reminder) and self.name == reminder._get_letter_name()
