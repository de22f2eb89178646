"""Mails and SMS that reached the simulated world, and their copy on disk."""

import base64
import json
import os
import re
from dataclasses import asdict, dataclass, field
from email import message_from_bytes, policy
from html.parser import HTMLParser

_URL = re.compile(r"https?://[^\s<>\"']+")


@dataclass
class Attachment:
    """A file of a mail; ``cid`` is set for images the HTML part shows."""

    name: str
    type: str
    data: bytes
    cid: str = ""


@dataclass
class Message:
    """A mail or an SMS as its recipient gets it.

    ``kind`` is ``mail`` or ``sms``; ``to`` lists addresses or numbers; ``state`` is
    empty for a mail, what the SMS service answered for an SMS.
    """

    id: int
    kind: str
    date: str
    sender: str
    to: list
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: list = field(default_factory=list)
    headers: dict = field(default_factory=dict)
    state: str = ""
    uuid: str = ""

    @property
    def links(self):
        """Addresses the reader can tap, in order, once each."""
        if self.html:
            found = _Links(self.html).found
        else:
            found = [trim_url(url) for url in _URL.findall(self.text)]
        return list(dict.fromkeys(found))

    def as_dict(self):
        """Return the message for JSON, attachments without their bytes."""
        return {
            "id": self.id,
            "kind": self.kind,
            "date": self.date,
            "from": self.sender,
            "to": self.to,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "links": self.links,
            "attachments": [
                {"name": item.name, "type": item.type, "size": len(item.data)}
                for item in self.attachments
            ],
            "state": self.state or None,
            "uuid": self.uuid or None,
        }


class Inbox(list):
    """Messages in order of arrival. Changed with the simulator's lock held."""

    def __init__(self):
        super().__init__()
        # by id: they may be many, so that only these are written
        self._unsaved = {}

    @property
    def dirty(self):
        """Whether something was not saved yet."""
        return bool(self._unsaved)

    def append(self, message):
        """Store a message."""
        super().append(message)
        self.note_changed(message)

    def note_changed(self, message):
        """Note that a message is to be saved again."""
        self._unsaved[message.id] = message

    def save(self, path):
        """Add what is new to the file ``path``, a line a message."""
        lines = [
            # a new line first: the one before may have been cut short
            "\n" + json.dumps(asdict(item), ensure_ascii=False, default=_in_letters)
            for item in self._unsaved.values()
        ]
        if lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with open(os.open(path, flags, 0o600), "a", encoding="utf-8") as file:
                file.writelines(lines)
        self._unsaved = {}

    def load(self, path):
        """Read what :meth:`save` wrote: of a message, its last line counts."""
        if not path.exists():
            return
        known = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                values = json.loads(line)
            except ValueError:
                # killed while it wrote this line
                continue
            values["attachments"] = [
                Attachment(**{**item, "data": base64.b64decode(item["data"])})
                for item in values["attachments"]
            ]
            known[values["id"]] = Message(**values)
        for number, message in enumerate(known.values(), 1):
            message.id = number
            super().append(message)

    def add_mail(self, sender, recipients, raw, date):
        """Store a mail given as ``raw`` bytes; return the message."""
        mail = message_from_bytes(raw, policy=policy.default)
        text = mail.get_body(preferencelist=("plain",))
        html = mail.get_body(preferencelist=("html",))
        message = Message(
            id=len(self) + 1,
            kind="mail",
            date=date,
            sender=str(mail["From"] or sender),
            to=list(recipients),
            subject=str(mail["Subject"] or ""),
            text=text.get_content() if text else "",
            html=html.get_content() if html else "",
            headers={name: str(value) for name, value in mail.items()},
        )
        for part in mail.walk():
            if part.is_multipart() or part in (text, html):
                continue
            message.attachments.append(
                Attachment(
                    name=part.get_filename() or "attachment",
                    type=part.get_content_type(),
                    data=part.get_payload(decode=True) or b"",
                    cid=str(part["Content-ID"] or "").strip("<> "),
                )
            )
        self.append(message)
        return message

    def add_sms(self, number, text, uuid, date):
        """Store an SMS; return the message."""
        message = Message(
            id=len(self) + 1,
            kind="sms",
            date=date,
            sender="SMS",
            to=[number],
            text=text,
            uuid=uuid,
        )
        self.append(message)
        return message

    def find(self, identifier):
        """Return the message ``identifier``, or None."""
        return self[identifier - 1] if 0 < identifier <= len(self) else None

    def to(self, recipient):
        """Return the messages to an address or a number, oldest first."""
        wanted = _plain(recipient)
        return [item for item in self if wanted in map(_plain, item.to)]


def _in_letters(data):
    return base64.b64encode(data).decode()


def trim_url(url):
    """Return ``url`` without the punctuation of the sentence it ends."""
    return url.rstrip(".,;:!?)")


def split_links(text):
    """Return ``text`` as a list of (piece, address or None)."""
    pieces, end = [], 0
    for match in _URL.finditer(text):
        url = trim_url(match[0])
        pieces.append((text[end : match.start()], None))
        pieces.append((url, url))
        end = match.start() + len(url)
    pieces.append((text[end:], None))
    return [piece for piece in pieces if piece[0]]


def _plain(recipient):
    return recipient.replace(" ", "").lower()


class _Links(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        href = dict(attrs).get("href") or ""
        if tag == "a" and _URL.match(href):
            self.found.append(href)
