"""Words of the payer's pages and the inbox, in English and French."""

from .clock import from_text
from .feed.texts import TEXTS as FEED_TEXTS

LANGUAGES = ("en", "fr")
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}

_TEXTS = {
    "simulator": ("Bridge simulator", "Simulateur Bridge"),
    "no_money": ("Test page, no money moves", "Page de test, aucun argent ne circule"),
    "pay_to": ("Payment to", "Paiement à"),
    "amount": ("Amount", "Montant"),
    "label": ("Label", "Libellé"),
    "beneficiary": ("Beneficiary", "Bénéficiaire"),
    "account": ("Account", "Compte"),
    "transfers": ("{n} transfers", "{n} virements"),
    "valid_until": (
        "This page can be used until {date}.",
        "Page valable jusqu'au {date}.",
    ),
    "choose_bank": ("Choose your bank", "Choisissez votre banque"),
    "continue_with": ("Continue with {bank}", "Continuer avec {bank}"),
    "close": ("Close and go back", "Fermer et revenir"),
    "secure_area": ("Your bank's secure area", "Espace sécurisé de votre banque"),
    "check": ("Check and confirm the transfer", "Vérifiez et confirmez le virement"),
    "id-acsc": ("Confirm: executed at once", "Confirmer : exécuté tout de suite"),
    "id-pdng-acsc": (
        "Confirm: executed in one hour",
        "Confirmer : exécuté dans une heure",
    ),
    "id-pdng-rjct": (
        "Confirm, refused by the bank in one hour",
        "Confirmer, refusé par la banque dans une heure",
    ),
    "id-pdng": (
        "Confirm: the bank never says what became of it",
        "Confirmer : la banque ne dit jamais la suite",
    ),
    "id-part": (
        "Confirm: only the first transfer is executed",
        "Confirmer : seul le premier virement est exécuté",
    ),
    "confirm": ("Confirm the transfer", "Confirmer le virement"),
    "silent_bank": (
        "This bank never reports that a transfer was executed.",
        "Cette banque n'indique jamais qu'un virement a été exécuté.",
    ),
    "refuse": ("Refuse", "Refuser"),
    "reason": ("Reason", "Motif"),
    "no_reason": ("No reason given", "Sans motif"),
    "test_login": ("Use a test login", "Utiliser un identifiant de test"),
    "login": ("Login", "Identifiant"),
    "sign_in": ("Sign in", "Se connecter"),
    "leave_hint": (
        "To leave without a word, close this tab.",
        "Pour partir sans rien dire, fermez cet onglet.",
    ),
    "confirmed": ("Transfer confirmed", "Virement confirmé"),
    "confirmed_done": (
        "Your bank has executed the transfer.",
        "Votre banque a exécuté le virement.",
    ),
    "confirmed_pending": (
        "Your bank will execute the transfer.",
        "Votre banque va exécuter le virement.",
    ),
    "refused": ("Transfer refused", "Virement refusé"),
    "refused_no_reason": (
        "Your bank refused the transfer.",
        "Votre banque a refusé le virement.",
    ),
    "try_again": ("Try again", "Réessayer"),
    "back": ("Back to {name}", "Retour vers {name}"),
    "redirected": (
        "You will be taken back in a few seconds.",
        "Vous allez être redirigé dans quelques secondes.",
    ),
    "can_close": ("You can close this page.", "Vous pouvez fermer cette page."),
    "link_expired": ("This payment link has expired", "Ce lien de paiement a expiré"),
    "link_revoked": (
        "This payment link is no longer valid",
        "Ce lien de paiement n'est plus valable",
    ),
    "link_completed": (
        "This payment has already been made",
        "Ce paiement a déjà été effectué",
    ),
    "link_unknown": ("Unknown payment link", "Lien de paiement inconnu"),
    "ask_again": (
        "Ask the company you are paying for a new link.",
        "Demandez un nouveau lien à l'entreprise que vous payez.",
    ),
    "not_possible": ("That is not possible", "Ce n'est pas possible"),
    "AC01": ("Wrong account number", "Numéro de compte erroné"),
    "AC04": ("Account closed", "Compte clôturé"),
    "AC06": ("Account blocked", "Compte bloqué"),
    "AG01": (
        "Transfers are not allowed from this account",
        "Virement interdit depuis ce compte",
    ),
    "AM18": ("Too many transfers", "Trop de virements"),
    "CH03": ("Execution date too far ahead", "Date d'exécution trop lointaine"),
    "CUST": ("Refused by the payer", "Refusé par le payeur"),
    "DS02": ("Cancelled by an authorised person", "Annulé par une personne habilitée"),
    "FF01": ("Format error", "Erreur de format"),
    "FRAD": ("Suspected fraud", "Suspicion de fraude"),
    "MS03": ("The bank gives no reason", "Motif non communiqué par la banque"),
    "NOAS": ("The payer did not answer", "Le payeur n'a pas répondu"),
    "RR01": ("Payer's identification missing", "Identification du payeur manquante"),
    "RR03": (
        "Beneficiary's name or address missing",
        "Nom ou adresse du bénéficiaire manquant",
    ),
    "RR04": ("Regulatory reason", "Motif réglementaire"),
    "nav_payments": ("Payments", "Paiements"),
    "nav_inbox": ("Inbox", "Boîte de réception"),
    "nav_banks": ("Banks", "Banques"),
    "nav_webhooks": ("Webhooks", "Webhooks"),
    "nav_faults": ("Faults", "Pannes"),
    "mail": ("Mail", "E-mail"),
    "attached": ("{n} attached", "Pièces jointes : {n}"),
    "no_message": ("Nothing has arrived yet.", "Rien n'est encore arrivé."),
    "no_subject": ("(no subject)", "(sans objet)"),
    "plain_text": ("Plain text", "Texte seul"),
    "kilobytes": ("{n:.0f} KB", "{n:.0f} Ko"),
    "success": ("success", "envoyé"),
    "delivered": ("delivered", "distribué"),
    "not_delivered": ("not_delivered", "non distribué"),
}


def money(amount, currency="EUR", language="en"):
    """Return an amount (major units) as written in ``en`` or ``fr``."""
    text = f"{abs(amount):,.2f}"
    sign, minus = _SIGNS.get(currency, currency), "-" if amount < 0 else ""
    if language == "fr":
        text = text.replace(",", "\u202f").replace(".", ",")
        return f"{minus}{text}\u00a0{sign}"
    return f"{minus}{sign}{text}"


class Texts:
    """The words of one language, picked from ``Accept-Language``; English alone."""

    def __init__(self, request=None):
        best = "en"
        if request:
            best = request.accept_languages.best_match(LANGUAGES, default=best)
        self.language = best
        self._column = LANGUAGES.index(best)

    def __call__(self, key, **values):
        """Return the text of ``key``; an unknown key (a bank's code) is itself."""
        texts = _TEXTS.get(key) or FEED_TEXTS.get(key)
        return texts[self._column].format(**values) if texts else key

    def money(self, amount, currency="EUR"):
        """Return an amount of ``currency`` as written in this language."""
        return money(amount, currency, self.language)

    def date(self, text):
        """Return an ISO date-time (UTC) as written in this language."""
        moment = from_text(text)
        if self.language == "fr":
            return f"{moment:%d/%m/%Y %H:%M} UTC"
        return f"{moment:%Y-%m-%d %H:%M} UTC"
