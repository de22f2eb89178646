"""Statuses of connections (docs.bridgeapi.io/docs/items-status)."""

OK = 0
JUST_ADDED = -2
JUST_EDITED = -3
INVALID_CREDENTIALS = 402
BANK_DOWN = 1003
BALANCE_ONLY = 1009
CONSENT_NEEDED = 1010

# status -> info, description in English, in French
STATUSES = {
    OK: ("ok", "The connection works.", "La connexion fonctionne."),
    JUST_ADDED: (
        None,
        "The connection was just added, its data are on their way.",
        "La connexion vient d'être ajoutée, ses données arrivent.",
    ),
    JUST_EDITED: (
        None,
        "The credentials were just changed, the data are on their way.",
        "Les identifiants viennent d'être modifiés, les données arrivent.",
    ),
    INVALID_CREDENTIALS: (
        "invalid_creds",
        "The credentials are wrong.",
        "Les identifiants sont erronés.",
    ),
    429: (
        "tos_to_validate",
        "The bank asks for an action on its own site.",
        "La banque demande une action sur son propre site.",
    ),
    BANK_DOWN: (
        "cnt_crash",
        "The bank cannot be reached.",
        "La banque n'est pas joignable.",
    ),
    1005: (
        "otp_not_supported",
        "The bank's authentication is not supported.",
        "L'authentification de la banque n'est pas prise en charge.",
    ),
    1007: (
        None,
        "The refresh is switched off for the moment.",
        "L'actualisation est momentanément désactivée.",
    ),
    BALANCE_ONLY: (
        None,
        "The balance moved without transactions.",
        "Le solde a changé sans opération.",
    ),
    CONSENT_NEEDED: (
        "otp_required",
        "A strong authentication is needed.",
        "Une authentification forte est nécessaire.",
    ),
    1099: (
        None,
        "The connection is being moved.",
        "La connexion est en cours de migration.",
    ),
}
