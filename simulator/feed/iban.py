"""Account numbers whose check digits are right, so that strict clients accept them."""


def check_digits(country, bban):
    """Return the two check digits of an IBAN (ISO 13616: mod 97)."""
    text = "".join(str(int(char, 36)) for char in f"{bban}{country}00")
    return f"{98 - int(text) % 97:02d}"


def make(country, bban):
    """Return the IBAN of a national account number."""
    return f"{country}{check_digits(country, bban)}{bban}"


def french(bank, branch, account):
    """Return the IBAN of a French account (digits only), with its RIB key."""
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    return make("FR", f"{bank}{branch}{account}{key:02d}")


def belgian(account):
    """Return the IBAN of a Belgian account of ten digits."""
    return make("BE", f"{account}{int(account) % 97 or 97:02d}")
