"""The words around a number: what they make of it."""

#: A number after one of these is an invoice's (French, Dutch, German, English).
INVOICE = frozenset(
    """
    FA FAC FACT FACTS FACTURE FACTURES FACTURENR FACT FCT FAKT FRA FT FV F FACN FACTN
    FACTUUR FACTUREN FACTUURNR FACTUURNUMMER FAKTUUR FAKTURA FACTURATIE
    INV INVOICE INVOICES INVOICENR INVOICENO BILL
    RE RG RN RNR RENR RGNR RECH RECHN RECHNR RECHNUNG RECHNUNGEN RECHNUNGSNR
    RECHNUNGSNUMMER RECHNUNGNR RECHNGNR
    """.split()
)

#: Words that stand between an invoice's word and its number: "facture n° 42".
NUMBER = frozenset("N NO NR NOS NUM NUMERO NUMEROS NUMMER NUMBER NRO".split())

#: Words that say nothing about the number after them.
NEUTRAL = (
    INVOICE
    | NUMBER
    | frozenset(
        """
    REF REFS REFERENCE
    MOTIF LIB LIBELLE OBJET COMM COMMUNICATION MEDEDELING OMSCHRIJVING BETREFT
    VERWENDUNGSZWECK VWZ SVWZ EREF KREF REMI RREF REMITTANCE INFO TEXT TXT
    PAIEMENT REGLEMENT REGLT RGLT RGT PMT PAYMENT PAY PAYT ZAHLUNG UEBERWEISUNG
    BETALING SOLDE ACOMPTE VIR VIREMENT VIRT SEPA INST VRT OVERSCHRIJVING
    ET UND EN AND DE DES LA LE LES A AU AUX VOTRE VOS NOTRE IHRE UW YOUR POUR FOR FUER
    FUR VOOR PAR PER VAN VON VOM DU DD DATE ABWA
    """.split()
    )
)

#: What a credit note's prefix adds to an invoice's: RFAC, AVFAC.
REFUND = frozenset("R AV CN NC".split())

#: Words before the number of an invoice that is credited, not paid.
CREDITED = frozenset("AV AVOIR AVOIRS GUTSCHRIFT CN NC CREDITNOTA R".split())

#: Words that join the numbers of one list: "FAC 42, 43 et 44".
JOINING = frozenset("ET UND EN AND U E N NO NR FAC FACT FACTURE RE INV".split())

#: Words that make a range of two numbers: "FAC 42 a 45".
RANGE = frozenset("A AU BIS TOT TM TO".split())
