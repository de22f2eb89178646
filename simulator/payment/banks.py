"""Banks of the simulated world: what ``GET /v3/providers`` answers."""

DEMO_BANK = 574
# Both are those of every manual. The account of the first application's beneficiary,
# which is the demo company; and the one that every payer pays from.
DEMO_IBAN = "FR7630006000011234567890189"
PAYER_IBAN = "FR7610107001011234567890129"


def _bank(
    identifier, name, country="FR", *, capabilities=(), group=None, pays=True, **payment
):
    metadata = {
        "release_status": "active",
        "nb_max_transactions": 1,
        "max_size_label": 140,
        "multiple_dates_payments": False,
        "sender_iban_available": True,
        "provider_environments": ["sandbox"],
        "execution_status_available": True,
        **payment,
    }
    all_capabilities = ["aggregation", *(("single_payment",) if pays else ())]
    all_capabilities += capabilities
    return {
        "id": identifier,
        "name": name,
        "country_code": country,
        "group_name": group,
        "images": {"logo": f"/sim/logo/{identifier}.svg"},
        "capabilities": all_capabilities,
        "payment_metadata": metadata,
        "aggregation_metadata": {"release_status": "active"},
        "health_status": {name: {"status": "healthy"} for name in all_capabilities},
        "tags": {"segment": ["b2c", "b2b"]},
    }


_INSTANT = ("instant_single_payment",)
_BULK = ("instant_single_payment", "bulk_payment")

BANKS = {
    bank["id"]: bank
    for bank in (
        _bank(DEMO_BANK, "Demo Bank", capabilities=_BULK, nb_max_transactions=50),
        _bank(
            9101,
            "Banque de démonstration sans statut d'exécution",
            execution_status_available=False,
        ),
        _bank(
            9102,
            "Banque libellé court",
            capabilities=_INSTANT,
            max_size_label=35,
            sender_iban_available=False,
        ),
        _bank(9103, "Banque sans virement instantané", max_size_label=100),
        _bank(9104, "Caisse Exemple Nord", capabilities=_INSTANT, group="Exemple"),
        _bank(9105, "Caisse Exemple Sud", capabilities=_INSTANT, group="Exemple"),
        _bank(9106, "Banque retirée", release_status="retired"),
        _bank(9107, "Banque Exemple Internationale", pays=False),
        _bank(9201, "Banco de demostración", "ES", capabilities=_INSTANT),
        _bank(9202, "Demobank Musterstadt", "DE", capabilities=_INSTANT),
        _bank(9203, "Demo Bank United Kingdom", "GB"),
        _bank(
            9204,
            "Demo Bank without execution status",
            "GB",
            execution_status_available=False,
        ),
        _bank(9301, "Banque de démonstration belge", "BE", pays=False),
        _bank(9302, "Nederlandse voorbeeldbank", "NL", pays=False),
    )
}


def payable(bank, transactions=1):
    """Return whether ``bank`` can execute a link of so many transactions."""
    metadata = bank["payment_metadata"]
    if metadata["release_status"] != "active":
        return False
    if "single_payment" not in bank["capabilities"]:
        return False
    if transactions == 1:
        return True
    return (
        "bulk_payment" in bank["capabilities"]
        and transactions <= metadata["nb_max_transactions"]
    )


def offered(link):
    """Return the banks that the payer of ``link`` may choose from."""
    if link["provider_id"]:
        return [BANKS[link["provider_id"]]]
    country, transactions = link["country"].upper(), len(link["transactions"])
    return [
        bank
        for bank in BANKS.values()
        if bank["country_code"] == country and payable(bank, transactions)
    ]


def connectable(country=None):
    """Return the banks whose accounts can be read, of ``country`` (``FR``) if given."""
    return [
        bank
        for bank in BANKS.values()
        if "aggregation" in bank["capabilities"]
        and bank["payment_metadata"]["release_status"] == "active"
        and (not country or bank["country_code"] == country.upper())
    ]


def hue(identifier):
    """Return the hue (degrees) of a bank's colour."""
    return (identifier * 101 + 200) % 360
