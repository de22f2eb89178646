"""Chapters of the demo: reminders leave day by day, and know when to wait."""

from datetime import date
from functools import partial

from . import clock
from .payments import SETTLED, SILENT_BANK
from .story import ACTION, Failure, Story, eventually, expect

TO_SEND = f"{ACTION}action_payment_reminder_to_send"
WORKSHOP = "Atelier Corbin"
WORKSHOP_MAIL = "compta@atelier-corbin"
BREWERY = "Brasserie du Canal"
BREWERY_PHONE = "+491713920044"
# Weekends and the interval between two messages included.
LONGEST_WAIT = 14
SATURDAY = 5
GONE = ("queued", "sent", "delivered")


class ReminderChapters(Story):
    """Generators of (what is done, what was seen)."""

    def reminders_day_by_day(self):
        """Reminders leave day by day"""
        yield "the accountant switches them on; her invoice tells what comes next"
        values = {"payment_reminder_enabled": True, "payment_reminder_thanks": True}
        self.admin.call("res.company", "write", [self.admin.company], values)
        assistant, values = "payment.reminder.start", {"start": "planned"}
        answer = self.admin.call(assistant, "create", [values])
        self.admin.call(assistant, "action_begin", answer)
        invoice = self.existing(WORKSHOP)
        escalation = self.escalation(invoice)
        expect(escalation["reminder_next_date"], f"nothing comes next: {escalation}")
        yield f"{invoice['name']}: {escalation['reminder_note']}"

        yield "the dry run shows who would be told what today"
        gone = self.reminders([("state", "in", GONE)])
        # The job, which may be at it, keeps what it makes to itself until it is done.
        waiting = eventually(self.prepare_today, "today's reminders and their texts")
        self.look(TO_SEND, waiting[0]["partner_id"][1])
        same = len(self.reminders([("state", "in", GONE)])) == len(gone)
        expect(same, "the dry run sent something")
        yield f"{len(waiting)} customers; “{waiting[0]['subject']}”"

        yield "days later, before the due date: a note with the link"
        note = self.days_until(lambda: self.left(WORKSHOP), "the note")
        expect(note["level_days"] < 0, f"it is not one from before: {note}")
        mail = self.mail_of(note, WORKSHOP_MAIL)
        yield f"{clock.today(self.camille):%a %d %b}: “{mail['subject']}”"

        yield "after the due date: the reminder, with its own link"
        leaves = partial(self.left, WORKSHOP, after=note)
        reminder = self.days_until(leaves, "the reminder")
        expect(reminder["level_days"] > 0, f"not due yet: {reminder}")
        mail = self.mail_of(reminder, WORKSHOP_MAIL)
        self.phone.open(f"{self.world.url}/inbox/{mail['id']}/html")
        yield f"{clock.today(self.camille):%a %d %b}: “{mail['subject']}”"

    def prepare_today(self):
        """Prepare what would leave today; return it once all of it has its text."""
        self.camille.call("payment.reminder", "action_plan_today", [])
        to_send = [("state", "in", ("to_send", "to_confirm"))]
        waiting = [item["id"] for item in self.reminders(to_send)]
        self.camille.call("payment.reminder", "action_prepare", waiting)
        waiting = self.reminders(to_send)
        return all(item["subject"] for item in waiting) and waiting

    def reminder_that_bounces(self):
        """A reminder whose mail is refused goes by SMS"""
        yield "the mail server refuses the address; the phone rings"
        reminder = self.left(BREWERY)
        expect(reminder, "it did not leave")
        expect(reminder["channel"] == "sms", f"not by SMS: {reminder}")
        link = self.link(reminder)

        def rings():
            found = self.world.messages("sms", BREWERY_PHONE)
            return [sms for sms in found if link in sms["links"]]

        sms = eventually(rings, "the SMS")[0]
        yield f"to {sms['to'][0]}: “{sms['text']}”"

        yield "the accountant has a task"
        # One, however often the same address is refused.
        told = self.reminders([("partner_id.name", "=", BREWERY)])
        tasks = [task for item in told for task in item["activity_ids"]]
        expect(len(tasks) == 1, f"not one task: {told}")
        task = self.camille.read("mail.activity", tasks[0], "summary", "user_id")
        yield f"“{task['summary']}”, for {task['user_id'][1]}"

    def transfer_holds_reminder(self):
        """A transfer on its way holds the next reminder"""
        yield "the customer opens the reminder's link and confirms a transfer"
        invoice = self.existing(WORKSHOP)
        reminder = self.left(WORKSHOP)
        page = {"payment_request_url": self.link(reminder)}
        self.pay(page, "id-pdng-rjct", SILENT_BANK)
        self.phone.wait_for("[data-state=in_progress]", "the transfer in progress")
        eventually(lambda: self.waits_for_transfer(invoice), "the reason")
        yield f"{invoice['name']}: in progress"

        yield "the day of the next reminder comes: nothing leaves, the invoice says why"
        due = date.fromisoformat(self.escalation(invoice)["reminder_next_date"])
        day = clock.today(self.camille)
        while day < due or day.weekday() >= SATURDAY:
            day = clock.next_day(self.camille)
        expect(not self.left(WORKSHOP, after=reminder), "it left all the same")
        note = self.note(invoice)
        expect(self.waits_for_transfer(invoice), f"it does not say why: {note}")
        self.look(f"/odoo/customer-invoices/{invoice['id']}", note)
        yield f"{day:%a %d %b}: “{note}”"

        yield "the bank refuses the transfer: the escalation goes on where it was"
        request = {**invoice, "payment_request_id": reminder["request_id"]}
        link = self.link_of(self.transaction(request))
        self.world.do("settle", link=link, end="RJCT")
        eventually(lambda: not self.waits_for_transfer(invoice), "the refusal")
        leaves = partial(self.left, WORKSHOP, after=reminder)
        second = self.days_until(leaves, "the next reminder")
        expect(second["level_days"] > reminder["level_days"], f"a step back: {second}")
        mail = self.mail_of(second, WORKSHOP_MAIL)
        yield f"{clock.today(self.camille):%a %d %b}: “{mail['subject']}”"

    def thanks_for_payment(self):
        """Whoever pays after a reminder is thanked"""
        yield "the customer pays from the link of the reminder"
        invoice = self.existing(WORKSHOP)
        reminder = self.left(WORKSHOP)
        self.pay({"payment_request_url": self.link(reminder)}, "id-acsc")
        self.phone.wait(SETTLED, "the page to tell the end")
        self.becomes(invoice, "paid")
        yield f"{invoice['name']} is paid"

        yield "the next day they are thanked, once, and reminded no more"
        before = self.newest_message()
        clock.next_day(self.camille)
        mail = eventually(
            lambda: self.world.messages("mail", WORKSHOP_MAIL, before), "the thanks"
        )
        clock.next_day(self.camille)
        after = self.world.messages("mail", WORKSHOP_MAIL, before)
        subjects = [message["subject"] for message in after]
        expect(len(subjects) == 1, f"more than the thanks: {subjects}")
        paid = self.reminders([("id", "=", reminder["id"])])[0]
        thanked = paid["thanks_sent"] and paid["paid_date"]
        expect(thanked, f"the reminder knows not: {paid}")
        yield f"“{mail[0]['subject']}”; paid on {paid['paid_date']}"

    # -- small steps -----------------------------------------------------------

    def escalation(self, invoice: dict) -> dict:
        """Return what an invoice tells of its reminders."""
        fields = ("reminder_next_date", "reminder_note")
        return self.camille.read("account.move", invoice["id"], *fields)

    def note(self, invoice: dict) -> str:
        """Return what comes next for an invoice, or why nothing does."""
        return self.escalation(invoice)["reminder_note"] or ""

    def waits_for_transfer(self, invoice: dict) -> bool:
        """Tell if an invoice says, in English or French, that a transfer holds it."""
        note = self.note(invoice).lower()
        return "transfer" in note or "virement" in note

    def reminders(self, domain: list) -> list[dict]:
        """Return reminders that the accountant finds, oldest first."""
        fields = ("partner_id", "level_days", "state", "channel", "subject")
        fields += ("paid_date", "request_id", "activity_ids", "thanks_sent")
        return self.camille.find("payment.reminder", domain, *fields)

    def left(self, customer: str, after: dict | None = None) -> dict | None:
        """Return the newest reminder to a customer that has left, if any.

        :param after: only those that were made after this one
        """
        domain = [("partner_id.name", "=", customer), ("state", "in", GONE)]
        if after:
            domain.append(("id", ">", after["id"]))
        found = self.reminders(domain)
        return found[-1] if found else None

    def days_until(self, seen, what: str):
        """Let days go by until ``seen`` returns something true; return it."""
        for _day in range(LONGEST_WAIT):
            if value := seen():
                return value
            day = clock.next_day(self.camille)
        if value := seen():
            return value
        raise Failure(f"{what}: not seen until {day:%a %d %b}")

    def link(self, reminder: dict | None) -> str:
        """Return the address of a reminder's payment page."""
        expect(reminder and reminder["request_id"], f"it asks for nothing: {reminder}")
        request = self.camille.read("payment.request", reminder["request_id"][0], "url")
        return request["url"]

    def mail_of(self, reminder: dict, recipient: str) -> dict:
        """Return the mail that carries a reminder and its link."""
        link = self.link(reminder)

        def arrived():
            mails = self.world.messages("mail", recipient)
            return [mail for mail in mails if link in mail["links"]]

        return eventually(arrived, f"the mail with {link}")[0]

    def newest_message(self) -> int:
        """Return the number of the last mail or SMS that arrived."""
        return max((item["id"] for item in self.world.get("/inbox.json")), default=0)
