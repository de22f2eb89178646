from odoo import api, models
from odoo.fields import Domain
from odoo.tools import is_html_empty

from ..batch import cut
from .res_company import NOT_IN_USE

SLICE = 50
#: State of a reminder once its channel has accepted it.
HANDED_OVER = {
    "email": "queued",
    "sms": "queued",
    "portal": "sent",
    "letter": "to_post",
    "phone": "to_call",
}
#: Accepted, but still to be done by a user.
BY_A_PERSON = ("letter", "phone")
#: Each of them needs a subject and a text.
WRITTEN = ("email", "portal", "letter")
#: They wait for the hours of the place of the number.
RINGING = ("sms", "phone")


class PaymentReminder(models.Model):
    """Sends reminders in slices, each of them wholly or not at all."""

    _inherit = "payment.reminder"

    def _send(self, company, slice_size=SLICE):
        """Send what is waiting and may be sent now, of these reminders or else of all,
        in slices with a commit each.

        Mails and SMS are only queued here, in the transaction that changes the state:
        killed before the commit, nothing was sent; after it, the queue sends once.

        :param res.company company: of the reminders
        :param int slice_size: reminders a transaction
        """
        domain = self._get_sending_domain(company)
        if self:
            domain &= Domain("id", "in", self.ids)
        reminders = self.search(domain, order="id")
        # The step locks for itself: users send by it, too.
        self.env["payment.batch"]._run(
            cut(reminders, slice_size),
            "_send_slice",
            failed="_mark_failed_by",
            lock=False,
        )

    @api.model
    def _get_sending_domain(self, company):
        """Return which reminders may be sent now; note on the others why they wait.

        :param res.company company: of the reminders
        :rtype: Domain
        """
        domain = Domain("company_id", "=", company.id) & Domain("state", "=", "to_send")
        now = company._get_payment_now()
        domain &= Domain("leaves_at", "=", False) | Domain("leaves_at", "<=", now)
        # The job may come so late that their hours are over again.
        self.search(domain & Domain("leaves_at", "!=", False))._wait_for_hours()
        for level, channel in self._read_group(domain, ["level_id", "channel"]):
            held = (
                Domain("level_id", "in", [level.id])
                & Domain("channel", "in", [channel])
                & Domain("manual", "=", False)
            )
            rings = channel in RINGING
            waiting = {}
            if code := company._get_reminder_blocker(None if rings else level or None):
                waiting[self._get_reason_sentence(code, level=level)] = held
            elif rings:
                early = self.search(domain & held)._find_too_early(channel)
                for note, reminders in early.items():
                    waiting[note] = Domain("id", "in", reminders.ids)
            for note, those in waiting.items():
                unnoted = self.search(domain & those & Domain("note", "!=", note))
                unnoted._without_tracking().note = note
                domain &= ~those
        return domain

    def _send_slice(self):
        """Hand over these reminders, except those that another process has locked.

        Lines paid, credited, held or on their way since the plan are removed first.

        :return: those that were handed over
        :rtype: payment.reminder
        """
        mine = self.sudo().try_lock_for_update()
        mine.invalidate_recordset()
        mine = mine.filtered(lambda r: r.state == "to_send")._without_tracking()
        sent = self.browse()
        for company, reminders in mine.grouped("company_id").items():
            # Not even if a user asks for it.
            if company._get_reminder_blocker() in NOT_IN_USE:
                continue
            sent |= reminders._bring_up_to_date().with_company(company)._hand_over()
        return sent

    def _bring_up_to_date(self):
        """Remove what must not be asked for any more, make again what says something
        else by now (amounts, texts of another day, letters), and set aside what names
        a law that is not the customer's.

        :return: those that may be sent, or are still to be done by a person
        :rtype: payment.reminder
        """
        ready = self.browse()
        for company, reminders in self.grouped("company_id").items():
            reminders, changed = reminders.with_company(company)._update_named()
            if not reminders:
                continue
            changed._forget_letters()
            stale = changed | reminders._find_stale()
            ready |= reminders - stale
            if stale:
                ready |= stale._prepare_contents()
        return ready._set_aside_unlawful()

    def _update_named(self):
        """Bring up to date what these reminders, of one company, name and ask for.

        :return: those that have lines left, and those of them that say something else
        :rtype: tuple[payment.reminder, payment.reminder]
        """
        named = {reminder: reminder.line_ids for reminder in self}
        left = self._recheck()
        if not left:
            return left, left
        changed = left._prepare_amounts() | left.filtered(
            lambda r: r.line_ids != named[r]
        )
        return left, changed

    def _find_stale(self):
        """Return which reminders, of one company, are not of today, or not for their
        recipient.

        :rtype: payment.reminder
        """
        printed = self._get_letters()
        today = self.company_id._get_payment_today()
        # The days late change every day, but not on printed letters.
        return self.filtered(
            lambda r: not printed[r.id]
            and (
                r.prepared_date != today
                or not r.contact_id.active
                or r.lang != r._find_lang(r.contact_id)
            )
        )

    def _recheck(self):
        """Remove the lines that must not be asked for any more.

        :return: the reminders that have lines left
        :rtype: payment.reminder
        """
        blockers = self._get_line_blockers()
        notes = {}
        for reminder in self:
            lines = reminder.line_ids
            gone = lines.filtered(lambda line: line.id in blockers)
            customer = reminder.partner_id
            if not reminder.level_id:
                notes[reminder.id] = self.env._("Its level was removed.")
            elif customer.commercial_partner_id != customer:
                notes[reminder.id] = self.env._(
                    "%s owes its invoices by now.",
                    customer.commercial_partner_id.display_name,
                )
            elif not (lines - gone).filtered("level_key"):
                notes[reminder.id] = reminder._describe_drop(
                    [blockers[line.id] for line in gone if line.level_key]
                )
            # Free the lines for a later reminder: they have not reached the level.
            (lines if reminder.id in notes else gone).unlink()
        dropped = self.browse(notes)
        dropped._drop(notes)
        return (self - dropped)._hold_for_unallocated()

    def _describe_drop(self, blockers):
        """Return why a reminder without lines was dropped.

        :param list[Blocker] blockers: of its lines
        :rtype: str
        """
        if not blockers:
            return self.env._("Nothing that it names is to be reminded any more.")
        first = blockers[0]
        return self._get_reason_sentence(first.reason, first.until, self.level_id)

    def _hand_over(self):
        """Pass each reminder, of one company, to the first channel of its level that
        accepts it.

        An SMS or a call for which it is too early waits where it is in the row.

        A channel is a method `_send_by_<channel>` on the reminders: it returns, by
        reminder, the sentence why it cannot reach the recipient.

        :return: those that were accepted
        :rtype: payment.reminder
        """
        queues = {reminder.id: reminder._get_channels_left() for reminder in self}
        reasons = {reminder.id: [] for reminder in self}
        failed = {reminder.id: [] for reminder in self}
        taken, postponed, waiting = self.browse(), self.browse(), self
        wordless = self._find_wordless()
        while waiting := waiting.filtered(lambda r: queues[r.id]):
            refused = self.browse()
            by_channel = waiting.grouped(lambda r: queues[r.id].pop(0))
            for channel, reminders in by_channel.items():
                for note, early in reminders._find_too_early(channel).items():
                    early.write({"channel": channel, "note": note})
                    postponed |= early
                reminders -= postponed
                why_not = {
                    r.id: wordless[r.id]
                    for r in reminders
                    if channel in WRITTEN and r.id in wordless
                }
                ready = reminders - self.browse(why_not)
                why_not |= getattr(ready, f"_send_by_{channel}")()
                for reminder_id, reason in why_not.items():
                    reasons[reminder_id].append(reason)
                    if reason != wordless.get(reminder_id):
                        failed[reminder_id].append(channel)
                refused |= self.browse(why_not)
                if accepted := reminders - refused:
                    accepted._note_handed_over(channel)
                    taken |= accepted
            waiting = refused
        for reminder in self:
            reminder._note_failed_channels(*failed[reminder.id])
            # Several channels may fail for one reason, which is told once.
            reason = " ".join(dict.fromkeys(reasons[reminder.id]))
            summary = None
            if wordless.get(reminder.id) in reasons[reminder.id]:
                env = reminder.company_id._with_books_language(self).env
                summary = env._("Correct the text of a reminder")
            if reminder not in taken | postponed:
                reminder._mark_failed(
                    reason or self.env._("The level has no channel."), summary
                )
            elif reason:
                reminder.failure_reason = reason
                reminder._schedule_task(reason, summary)
        return taken

    def _find_wordless(self):
        """Return the reminders that lack what every mail, page and letter needs: a
        subject, and a text unless a person took it out.

        :return: by id, the sentence why
        :rtype: dict[int, str]
        """
        why_not = {}
        for reminder in self:
            level = reminder.level_id.name
            if not reminder.subject:
                why_not[reminder.id] = self.env._("“%s” has no subject.", level)
            elif not reminder.edited and all(
                is_html_empty(text) for text in (reminder.body, reminder.closing)
            ):
                why_not[reminder.id] = self.env._("“%s” has no text.", level)
        return why_not

    def _note_handed_over(self, channel):
        """Write the state of the reminders.

        :param str channel: that accepted them
        """
        by_a_person = channel in BY_A_PERSON
        self.write(
            {
                "state": HANDED_OVER[channel],
                "channel": channel,
                "note": False,
                "sent_at": not by_a_person and self.company_id._get_payment_now(),
            }
        )
        if by_a_person:
            getattr(self, f"_take_by_{channel}")()

    def _mark_sent(self):
        """Note that a user posted the letters or made the calls."""
        for company, reminders in self.grouped("company_id").items():
            now = company._get_payment_now()
            reminders.write({"state": "sent", "sent_at": now, "failure_reason": False})
