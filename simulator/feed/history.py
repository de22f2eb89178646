"""What went on before the demo on the demo company's accounts: no customer in it."""

from datetime import date, timedelta

MONTHS = 4

# account, day of the month, amount, what the bank prints
_MONTHLY = (
    ("main", 1, "-24.90", "COTISATION COMPTE PRO"),
    ("main", 3, "-1250.00", "PRLV SEPA SCI DES TILLEULS LOYER ATELIER"),
    ("main", 5, "-86.40", "PRLV SEPA ASSURANCES DU RHONE CONTRAT MULTIRISQUE"),
    ("main", 8, "-143.27", "CB FOURNITURES DE BUREAU LYON 2"),
    ("main", 12, "-39.99", "PRLV SEPA TELECOM PRO ABONNEMENT FIBRE"),
    ("main", 15, "-612.00", "PRLV SEPA URSSAF RHONE ALPES"),
    ("main", 17, "-58.60", "CB STATION DES BROTTEAUX LYON 6"),
    ("main", 18, "-118.35", "PRLV SEPA ENERGIES DU SUD ELECTRICITE"),
    ("main", 20, "1500.00", "VIR DEPUIS LIVRET PRO"),
    ("main", 23, "-74.50", "CB RESTAURANT LES TRABOULES LYON 5"),
    ("main", 24, "-430.00", "PRLV SEPA DGFIP TVA"),
    ("main", 27, "-1684.12", "VIR SALAIRE C MOREAU"),
    ("main", 27, "-1598.76", "VIR SALAIRE A LEFEVRE"),
    ("main", 28, "-4.80", "COMMISSION DE MOUVEMENT"),
    ("savings", 20, "-1500.00", "VIR VERS COMPTE COURANT PROFESSIONNEL"),
    ("savings", 1, "38.75", "INTERETS CREDITEURS"),
    ("euros", 2, "-15.00", "FRAIS DE TENUE DE COMPTE"),
    ("euros", 14, "-240.00", "PRLV SEPA ENTREPOT DU PORT LOCATION"),
    ("dollars", 6, "-320.00", "TRANSFER TO HARBOR LOGISTICS WAREHOUSING"),
    ("dollars", 22, "-9.50", "ACCOUNT MAINTENANCE FEE"),
)


def lines(today):
    """Return (account, date, amount, text) of the last months, oldest first."""
    found = []
    month = date(today.year, today.month, 1)
    for _month in range(MONTHS):
        for account, day, amount, text in _MONTHLY:
            found.append((account, month.replace(day=day), amount, text))
        month = (month - timedelta(days=1)).replace(day=1)
    return sorted((line for line in found if line[1] < today), key=lambda line: line[1])
