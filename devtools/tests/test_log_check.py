import pytest

from devtools.demo.log_check import find_leaks

TOKEN = "k7x2q48mnpabcdefghjk"
IBAN = "FR7630006000011234567890189"
SECRETS = {TOKEN: "token", IBAN: "IBAN", "short": "a word"}


@pytest.mark.parametrize(
    "line",
    [
        f"GET /fr/pay/{TOKEN} HTTP/1.1",
        f"GET /PAY/{TOKEN.upper()}/status",
        "GET /x/" + "".join(f"%{ord(character):02x}" for character in TOKEN),
        f"redirect=%252Fpay%252F{TOKEN}",
        "to FR76 3000 6000 0112 3456 7890 189.",
        "to FR76%203000%206000%200112%203456%207890%20189.",
        f"iban={IBAN.lower()}",
    ],
)
def test_a_secret_is_found_however_it_is_written(line):
    assert len(find_leaks(f"first\n{line}\nlast", SECRETS)) == 1


def test_what_is_masked_is_none_and_nothing_is_told():
    assert not find_leaks("GET /pay/*** to FR76XXXX189, short", SECRETS)
    [told] = find_leaks(TOKEN, SECRETS)
    assert TOKEN[:10] not in told and told.startswith("token")
