"""What must hold of all that leaves, by an account of our own.

It shares no code with the reminders: what is owed is read from the ledger before they
run, and what was said is remembered here.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from lxml import html

# By language: SMS and subjects have plain spaces in them.
_AMOUNT = {
    "fr_FR": re.compile(r"(?<!\d)\d{1,3}(?:[ \u202f\xa0]\d{3})*,\d\d(?!\d)"),
    "en_US": re.compile(r"(?<!\d)\d{1,3}(?:,\d{3})*\.\d\d(?!\d)"),
}
SATURDAY = 5
# What is said by channels that have no table.
_ALONE = {"sms": "sms", "phone": "script"}
# Said only to those who were reminded.
_INSISTS = re.compile(r"Despite our reminder|Malgré (notre|nos) relance")
# Said of the law, whoever owes what.
_ALWAYS = {40.0}


@dataclass
class Account:
    """What a party was told: a customer, one of their addresses or a group, whatever
    the currencies.

    :ivar list told: messages of the episode, from the due date on
    :ivar dict reminded: by due line, the days on which reminders of it arrived
    """

    told: list = field(default_factory=list)
    reminded: dict = field(default_factory=dict)


class Truth:
    """Remembers what was said, and compares it with what was owed."""

    def __init__(self):
        self.accounts: dict[int, Account] = {}
        self.problems: list[str] = []

    def begin_day(self, ledger):
        """End the conversations in which nothing that was spoken of is overdue."""
        today = date.fromisoformat(ledger["today"])
        for party, account in self.accounts.items():
            lines = ledger["lines"].get(str(party), [])
            spoken_of = {line for message in account.told for line in message["ids"]}
            left = [
                line
                for owed in self._part(lines).values()
                for line in self._uncovered(owed, today)
            ]
            if not any(line["id"] in spoken_of for line in left):
                account.told.clear()

    def check(self, ledger, messages):
        """Compare the messages of a day with the ledger of its morning."""
        for message in messages:
            message["ids"] = [line for line, _amount in message["named"]]
            for problem in self._find_problems(ledger, message):
                who = f"{message['name']} ({message['currency']})"
                self.problems.append(
                    f"{ledger['today']} {who}, reminder {message['id']} "
                    f"“{message['level_name']}”: {problem}"
                )
            self._remember(message)

    def check_arrival(self, messages, inbox):
        """Look for each mail and SMS where it should have arrived."""
        for message in messages:
            if message["channel"] not in ("email", "sms") or not message["url"]:
                continue
            path = message["url"].partition("/pay/")[2]
            if not any(path in (item.html or item.text) for item in inbox):
                self.problems.append(
                    f"{message['sent_on']} {message['name']}, reminder "
                    f"{message['id']}: no {message['channel']} came"
                )

    def note_failed(self, reminder):
        """Forget a message that did not arrive after all."""
        for account in self.accounts.values():
            account.told = [m for m in account.told if m["id"] != reminder]
            for days in account.reminded.values():
                days.pop(reminder, None)

    def _remember(self, message):
        account = self._account(message)
        if message["days"] < 0:
            return
        account.told.append(message)
        for line in message["ids"]:
            days = account.reminded.setdefault(line, {})
            days[message["id"]] = message["sent_on"]

    def _account(self, message):
        return self.accounts.setdefault(message["party"], Account())

    # === What must hold ===

    def _find_problems(self, ledger, message):
        today = date.fromisoformat(ledger["today"])
        lines = self._open(ledger, message)
        if message["to"] != message["party"] and str(message["to"]) in ledger["lines"]:
            yield "it went to somebody else"
        by_id = {line["id"]: line for line in lines}
        yield from self._check_voice(message, today)
        named = [by_id[line] for line in message["ids"] if line in by_id]
        if len(named) < len(message["ids"]):
            yield "it names what is not open"
        if any(line["held"] for line in named):
            yield "it names what is held"
        yield from self._check_figures(message, lines, named, today)
        yield from self._check_words(message, named, lines, today)

    def _check_voice(self, message, today):
        account = self._account(message)
        # Of one plan there is a message for each debtor and currency.
        others = [
            other
            for other in account.told
            if whose(other) == whose(message)
            or other["level"] != message["level"]
            or other["planned_on"] != message["planned_on"]
        ]
        told = [other["days"] for other in others]
        if today.weekday() >= SATURDAY and not message["manual"]:
            yield "it left at a week-end"
        if message["days"] < 0:
            if told:
                yield f"an announcement after levels {told}"
            return
        if message["level"] in [other["level"] for other in others]:
            yield "the same level again"
        if told and message["days"] <= max(told):
            yield f"level {message['days']} after levels {told}"
        if message["notice"]:
            yield from self._check_notice(message, account)

    def _check_notice(self, message, account):
        days = set()
        for line in message["ids"]:
            known = account.reminded.get(line, {})
            if not known:
                yield f"a notice of what was never reminded: line {line}"
            days |= set(known.values())
        if not message["earlier"]:
            yield "a notice without the days of earlier reminders"
        for day in days:
            if str(date.fromisoformat(day).day) not in message["earlier"]:
                yield f"{day} is missing in “{message['earlier']}”"

    def _check_figures(self, message, lines, named, today):
        owed = sum(line["open"] for line in named)
        credit = -sum(line["open"] for line in lines if line["open"] < 0)
        late = [line for line in named if date.fromisoformat(line["due"]) < today]
        if message["days"] < 0:
            if late:
                yield "an announcement names what is late"
            # What is overdue is paid first.
            overdue = self._overdue(lines, today)
            credit = max(credit - sum(line["open"] for line in overdue), 0)
        asked = round(owed - min(credit, owed), 2)
        if asked <= 0:
            yield "it asks for nothing"
        if abs(message["asked"] - asked) >= 0.005:
            yield f"it asks for {message['asked']}, owed are {asked}"
        if message["url"] and abs(message["to_pay"] - asked) >= 0.005:
            yield f"its link asks for {message['to_pay']}, owed are {asked}"
        if message["days"] > 0:
            left = {line["id"] for line in self._uncovered(lines, today)}
            if not left & set(message["ids"]):
                yield "credits cover all that it names"

    def _check_words(self, message, named, lines, today):
        texts = (message["subject"], message["body"], message["closing"])
        if name := _ALONE.get(message["channel"]):
            texts = (message[name],)
        words = " ".join(map(plain, texts))
        if not words.strip():
            yield "it says nothing"
        allowed = _ALWAYS | {message["asked"], message["overdue"]}
        before, since = self._split(message, named, today)
        if before and since:
            allowed |= {before, since}
        if not before and _INSISTS.search(words):
            yield "it speaks of reminders that never came"
        found = amounts(words, message["lang"])
        if found - allowed:
            yield f"its text says {sorted(found - allowed)}"
        if 0.0 in found:
            yield "its text says 0.00"
        if name:
            return
        tree = html.fragment_fromstring(message["table"] or "", create_parent="div")
        for part in tree.xpath("//table[@name='not_due']"):
            text = plain(html.tostring(part, encoding="unicode"))
            # What it was before a part was paid is said in brackets.
            told = amounts(re.sub(r"\([^)]*\)", "", text), message["lang"])
            ids = {line["id"] for line in named}
            coming = {
                line["open"]
                for line in lines
                if line["id"] not in ids and date.fromisoformat(line["due"]) >= today
            }
            if told - coming - {message["coming"]}:
                yield f"it tells {sorted(told - coming)} for information"

    def _split(self, message, named, today):
        """Return what of the overdue sum was reminded before, and what was not."""
        reminded = self._account(message).reminded
        credit, before, since = message["credit"], 0.0, 0.0
        for line in sorted(named, key=lambda line: (line["due"], line["id"])):
            paid = min(credit, line["open"])
            credit -= paid
            if date.fromisoformat(line["due"]) >= today:
                continue
            if reminded.get(line["id"]):
                before += line["open"] - paid
            else:
                since += line["open"] - paid
        return round(before, 2), round(since, 2)

    # === What is owed ===

    def _open(self, ledger, message):
        lines = ledger["lines"].get(str(message["party"]), [])
        return self._part(lines).get(whose(message), [])

    def _part(self, lines):
        """Return what is open by debtor and currency: nothing is offset between."""
        parts = {}
        for line in lines:
            parts.setdefault(whose(line), []).append(line)
        return parts

    def _overdue(self, lines, today):
        return [
            line
            for line in lines
            if line["open"] > 0
            and not line["held"]
            and date.fromisoformat(line["due"]) < today
        ]

    def _uncovered(self, lines, today):
        """Return what is overdue once credits have paid the oldest."""
        credit = -sum(line["open"] for line in lines if line["open"] < 0)
        left = []
        for line in self._overdue(lines, today):
            credit -= line["open"]
            if credit < -0.005:
                left.append(line)
        return left


def whose(entry):
    """Return the account of a due line or a message: debtor and currency."""
    return (entry["partner"], entry["currency"])


def plain(text):
    """Return the words of a text in HTML."""
    if not text:
        return ""
    tree = html.fragment_fromstring(str(text), create_parent="div")
    # Not of no-break spaces, which stand within amounts.
    return re.sub(r"[ \t\n]+", " ", " ".join(tree.itertext()))


def amounts(text, lang):
    """Return the amounts with two decimals in a text of a language."""
    return {
        float(
            re.sub(r"[^\d,.]", "", piece).replace(",", "." if lang == "fr_FR" else "")
        )
        for piece in _AMOUNT[lang].findall(text)
    }
