"""Knobs that make the simulated world misbehave."""

from dataclasses import asdict, dataclass, field, fields


class UnknownFault(ValueError):
    """A knob that does not exist, or a value of the wrong kind for it."""


def knob(default, help_text):
    """Declare a knob with its explanation, shown on the control panel."""
    metadata = {"help": help_text}
    if isinstance(default, list):
        return field(default_factory=list, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass
class Faults:
    """Every knob, off by default.

    A counting knob takes ``True`` or ``"always"`` (every time, until cleared) or a
    number (that many times). Other knobs hold a value in the unit their help names.
    """

    # Webhooks
    duplicate: int = knob(0, "webhooks sent twice")
    reorder: int = knob(0, "groups of webhooks sent last first")
    delay: float = knob(0.0, "seconds of simulated time each webhook is held back")
    drop: int = knob(0, "webhooks never sent")
    wrong_signature: int = knob(0, "webhooks signed with a foreign secret")
    unknown_link: int = knob(0, "webhooks accompanied by one for an unknown link")
    unknown_item: int = knob(0, "webhooks accompanied by one for an unknown item")
    replay_old: int = knob(0, "webhooks accompanied by the oldest one once more")
    # API
    status_429: int = knob(0, "API calls answered 429")
    retry_after: str = knob("", "Retry-After of 429 and 503: seconds or HTTP date")
    status_500: int = knob(0, "API calls answered 500")
    status_502: int = knob(0, "API calls answered 502, with an HTML body")
    status_503: int = knob(0, "API calls answered 503")
    slow: float = knob(0.0, "real seconds before every API answer")
    lost_answer: int = knob(0, "POST calls whose work is done and answer lost")
    wrong_amount: float = knob(0.0, "added to every amount read back")
    truncated_label: int = knob(0, "characters left of a label at the bank")
    silence: int = knob(0, "API calls that get no answer; closed after a while")
    redirect: int = knob(0, "API calls redirected to another host")
    drip_headers: int = knob(0, "API calls whose headers come a byte at a time")
    drip_body: int = knob(0, "API calls whose answer comes a byte at a time")
    drip_pause: float = knob(0.2, "real seconds between two bytes that drip")
    bomb: int = knob(0, "API answers, compressed, that unpack to hundreds of MB")
    wrong_shape: int = knob(
        0, "API answers with members that are missing or of a wrong kind"
    )
    # Bank feed
    expired_token: int = knob(0, "calls whose user's token has expired")
    slow_page: float = knob(0.0, "real seconds before every page of transactions")
    lost_page: int = knob(0, "pages of transactions whose answer is lost")
    page_twice: int = knob(0, "pages of transactions that come twice in a row")
    reversed_order: bool = knob(False, "transactions are listed oldest first")
    short_history: bool = knob(
        False, "a new connection has 7 days first, everything minutes later"
    )
    refresh_fails: int = knob(0, "refreshes that end in 1003, the bank is down")
    wrong_balance: float = knob(0.0, "added to every balance reported")
    # Payer and banks
    lost_callback: int = knob(0, "payers who never come back to the callback URL")
    no_execution_status: bool = knob(False, "no bank reports execution: PDNG forever")
    expire_at_bank: int = knob(0, "links that expire while the payer is at the bank")
    journey_survives: bool = knob(
        True, "a payer already at the bank may finish on a link that is closed"
    )
    # Mail and SMS
    mail_refused: list = knob([], "addresses whose mail is refused (550)")
    sms_wrong_number: list = knob([], "numbers refused as wrongly formatted")
    sms_undelivered: list = knob([], "numbers whose SMS is reported not delivered")
    sms_no_credit: bool = knob(False, "no SMS credit left")

    def take(self, name):
        """Use the counting knob ``name`` once; return whether the fault happens."""
        value = getattr(self, name)
        if value is True or not value:
            return bool(value)
        setattr(self, name, value - 1)
        return True

    def set(self, **values):
        """Set several knobs, all or none.

        :raises UnknownFault: a name or a value that is not possible
        """
        clean = {}
        for name, value in values.items():
            if name not in self.__dataclass_fields__:
                raise UnknownFault(f"unknown fault: {name}")
            clean[name] = self._convert(name, value)
        for name, value in clean.items():
            setattr(self, name, value)

    def clear(self):
        """Turn every knob off."""
        self.set(**asdict(type(self)()))

    def as_dict(self):
        """Return every knob by name."""
        return asdict(self)

    def describe(self):
        """Yield (name, value, default, help) of every knob."""
        defaults = type(self)()
        for item in fields(self):
            yield (
                item.name,
                getattr(self, item.name),
                getattr(defaults, item.name),
                item.metadata["help"],
            )

    def _convert(self, name, value):
        default = getattr(type(self)(), name)
        try:
            if isinstance(default, list):
                if isinstance(value, str):
                    value = value.replace(",", " ").split()
                return [str(item) for item in value]
            if isinstance(default, bool):
                return self._boolean(value)
            if isinstance(default, int):
                if value is True or str(value).lower() in ("always", "true"):
                    return True
                return max(0, int(value or 0))
            if isinstance(default, float):
                return float(value or 0)
            return "" if value is None else str(value)
        except (TypeError, ValueError) as error:
            raise UnknownFault(f"{name}: {value!r} is not possible") from error

    @staticmethod
    def _boolean(value):
        if isinstance(value, str):
            return value.lower() in ("1", "true", "on", "yes")
        return bool(value)
