"""Constants shared by the models and the controllers."""

# Technical name of the addon.
MODULE = "account_payment_request"

# Code of the provider in Odoo's payment framework.
PROVIDER_CODE = "bridge"

# System parameter that points the client elsewhere (simulator, proxy).
API_URL_PARAMETER = "account_payment_request.bridge_url"
API_URL = "https://api.bridgeapi.io"

# Seconds for all that is asked of Bridge at once, with its retries and however slowly
# it answers: a payer may be waiting, and a row may be held.
CALL_SECONDS = 15

# Bridge takes 2 000 calls of an application in 5 minutes. Reads and jobs stop before
# payers' taps do, and some calls are left for whoever counts at the same moment.
CALL_WINDOW_SECONDS = 300
CALLS_MAX = 1900
CALLS_MAX_READS = 1600

# Seconds between two reads of one transaction that its payer asks for.
PAYER_READ_SECONDS = 3
# Bank links made for one payment request, or by core's forms for one payer, in a time.
LINK_WINDOW_SECONDS = 600
LINKS_MAX = 6
LINKS_MAX_PAYER = 20
# Seconds an attempt stays usable after its payer opened another one: they may change
# their mind again.
REPLACED_SECONDS = 60

# Bridge initiates transfers in euros only.
SUPPORTED_CURRENCIES = ("EUR",)
# Banks of these countries can be preselected on Bridge's page.
SUPPORTED_COUNTRIES = ("fr", "es", "de", "gb")

# Who sees what customers owe: not their other contacts, and not the customers, who read
# their own invoices.
ACCOUNTING = "account.group_account_invoice,account.group_account_readonly"

# French territories with a country code of their own, by the beginning of their
# postcodes, the longer ones first: many addresses there say "France".
FRENCH_TERRITORIES = {
    "97133": "BL",
    "97150": "MF",
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}

# What Odoo takes for paid, although a payment without journal entry leaves its residual
# open.
PAID_STATES = ("paid", "in_payment")

DEFAULT_PAYMENT_METHOD_CODES = {"bridge_transfer"}

# Largest single transfer Bridge's API takes, in euros.
TRANSFER_CEILING = 35_000.0

# Life of a payment link in minutes: Bridge's own bounds are "now" and 90 days.
LINK_MINUTES = 60
LINK_MINUTES_MAX = 90 * 24 * 60

# Days without news after which a pending transfer no longer blocks the payer.
NO_NEWS_DAYS = 3

# Seconds a job waits for another process that reads the same transaction.
READER_SECONDS = 3

# Minutes between two reads of a transaction nobody told us about.
POLL_MINUTES = (2, 5, 15, 60, 240, 720, 1440)
# Days during which a closed link is still read: a bank journey may outlive it.
LATE_MONEY_DAYS = 7
