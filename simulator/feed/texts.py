"""Words of the page that connects a bank, in English and French."""

TEXTS = {
    "connect_title": ("Connect your bank", "Connecter votre banque"),
    "connect_mend": ("Renew the connection", "Renouveler la connexion"),
    "connect_country": ("Country", "Pays"),
    "connect_show": ("Show", "Afficher"),
    "connect_other_bank": ("Another bank", "Une autre banque"),
    "connect_step_bank": ("Bank", "Banque"),
    "connect_step_login": ("Sign in", "Identification"),
    "connect_step_accounts": ("Accounts", "Comptes"),
    "connect_login_hint": (
        "Test bank: any login and password of seven characters work. "
        "“id-wrong” is refused, “id-otp” asks for a code.",
        "Banque de test : tout identifiant et mot de passe de sept caractères "
        "convient. « id-wrong » est refusé, « id-otp » demande un code.",
    ),
    "connect_password": ("Password", "Mot de passe"),
    "connect_code": ("Code sent by your bank", "Code envoyé par votre banque"),
    "connect_code_hint": (
        "Test bank: any code of seven characters works.",
        "Banque de test : tout code de sept caractères convient.",
    ),
    "connect_refused": (
        "Your bank did not recognise these details. Try again.",
        "Votre banque n'a pas reconnu ces informations. Réessayez.",
    ),
    "connect_choose_accounts": ("Accounts to share", "Comptes à partager"),
    "connect_one_at_least": (
        "Tick one account at least.",
        "Cochez au moins un compte.",
    ),
    "connect_no_account": (
        "This bank has no account of the kind asked for.",
        "Cette banque n'a aucun compte du type demandé.",
    ),
    "connect_consent": (
        "Your balances and transactions will be read for 180 days. "
        "No payment can be made with this consent.",
        "Vos soldes et opérations seront consultés pendant 180 jours. "
        "Ce consentement ne permet aucun paiement.",
    ),
    "connect_agree": ("Agree and connect", "Accepter et connecter"),
    "connect_continue": ("Continue", "Continuer"),
    "connect_done": ("Your bank is connected", "Votre banque est connectée"),
    "connect_coming": (
        "Your accounts and their transactions are being read.",
        "Vos comptes et leurs opérations sont en cours de lecture.",
    ),
    "connect_failed": (
        "Your bank was not connected",
        "Votre banque n'a pas été connectée",
    ),
    "connect_over": (
        "This connect session is over",
        "Cette session de connexion est terminée",
    ),
    "connect_unknown": ("Unknown connect session", "Session de connexion inconnue"),
    "connect_ask_again": (
        "Start again from the application you came from.",
        "Recommencez depuis l'application d'où vous venez.",
    ),
    "type_checking": ("Current account", "Compte courant"),
    "type_savings": ("Savings account", "Compte d'épargne"),
    "type_card": ("Card", "Carte"),
}
