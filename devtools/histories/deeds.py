"""What is done inside of Odoo: by its scheduler, by people, and to look at its records.

Each takes an environment of the superuser and plain values, and returns plain values.
"""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user

IBAN = "FR7630006000011234567890189"
HOLDER = "Boutique Exemple"
LOGIN = "histories"
JOBS = {
    "events": "account_payment_request.ir_cron_bridge_event",
    "poll": "account_payment_request.ir_cron_bridge_sweep",
    "book": "payment.cron_post_process_payment_tx",
    "fetch": "account_payment_request.ir_cron_bridge_pull",
    "match": "account_payment_request.ir_cron_bank_match",
    "expire": "account_payment_request.ir_cron_payment_request_expiry",
}
# How often the scheduler looks again, at one moment, before it never comes to rest.
ROUNDS = 30

# === The world ===


def set_up(env):
    """Make the company French, with a bank account, an accountant and Bridge."""
    company = env.ref("base.main_company")
    env.ref("base.EUR").active = True
    company.write({"country_id": env.ref("base.fr").id, "name": HOLDER})
    env["account.chart.template"].try_loading("fr", company, install_demo=False)
    company.write({"email": "contact@boutique.example"})
    company.partner_id.tz = "Europe/Paris"
    new_test_user(
        env,
        login=LOGIN,
        email="accountant@boutique.example",
        groups="account.group_account_manager,account.group_account_basic",
    )
    journal = _bank_journal(env)
    journal.bank_account_id = env["res.partner.bank"].create(
        {
            "acc_number": IBAN,
            "acc_holder_name": HOLDER,
            "partner_id": company.partner_id.id,
            "company_id": company.id,
            "allow_out_payment": True,
        }
    )
    provider = _provider(env)
    provider.write(
        {
            "state": "enabled",
            "is_published": True,
            "bridge_client_id": "sim-client",
            "bridge_client_secret": "sim-secret",
            "bridge_webhook_secret": "sim-webhook",
        }
    )
    provider.journal_id = journal
    # Other jobs would send mails, or look for updates.
    ours = env["ir.cron"].browse(env.ref(xmlid).id for xmlid in JOBS.values())
    (env["ir.cron"].search([]) - ours).active = False


def point_at(env, bridge_url, base_url):
    """Say where Bridge is, and where we are; return the provider's id."""
    parameters = env["ir.config_parameter"]
    parameters.set_param("account_payment_request.bridge_url", bridge_url)
    parameters.set_param("web.base.url", base_url)
    env.ref("base.main_company").payment_request_base_url = base_url
    return _provider(env).id


def rehearse(env):
    """Do once what fills the caches that every worker then has; it is undone."""
    invoice = post_invoice(env, 10.0, "Rehearsal")
    register_payment(env, invoice["invoice"])
    bank_line(env, 10.0, "Rehearsal")
    facts(env, [invoice["request"]], invoice["partner"])


def _bank_journal(env):
    company = env.ref("base.main_company")
    return env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )


def _provider(env):
    company = env.ref("base.main_company")
    return env["payment.provider"].search(
        [("code", "=", "bridge"), ("company_id", "=", company.id)]
    )


def _as_accountant(env):
    user = env["res.users"].search([("login", "=", LOGIN)])
    return env(user=user, context={"lang": "en_US", "tz": "Europe/Paris"})


# === The scheduler ===


def job(env, name):
    """Run one job as the scheduler does, due or not."""
    env.ref(JOBS[name]).method_direct_trigger()


def scheduler(env, jobs=None):
    """Run what is due, again and again, until nothing is; return whether that is so.

    :param jobs: the only ones that run, by XML id; by default all of the histories
    """
    cron = env.registry["ir.cron"]
    ours = {env.ref(xmlid).id for xmlid in jobs or JOBS.values()}
    # A scheduler that slept for days counts each interval of them.
    env.cr.execute(
        "UPDATE ir_cron SET nextcall = %(now)s WHERE nextcall < %(now)s AND active",
        {"now": fields.Datetime.now()},
    )
    env.cr.commit()
    for _round in range(ROUNDS):
        with env.registry.cursor() as cr:
            ready = [j["id"] for j in cron._get_all_ready_jobs(cr) if j["id"] in ours]
            cr.commit()
            cron._process_jobs_loop(cr, job_ids=ready)
        if not ready:
            return True
    return False


# === People ===


def connect_bank(env, connection=None):
    """Open Bridge's page of a bank connection, a new one or again."""
    connections = _as_accountant(env)["bridge.connection"]
    found = connections.browse(connection) if connection else connections.create({})
    return {"connection": found.id, "url": found.action_connect()["url"]}


def come_back_from_bank(env, token, item):
    """Return from that page; start the account on the journal if it is new."""
    connection = _as_accountant(env)["bridge.connection"]._find_by_token(token)
    connection._handle_return(item)
    accounts = connection.account_ids
    for account in accounts.filtered(lambda a: a.state == "to_assign"):
        account.action_start()
    return accounts.mapped("state")


def post_invoice(env, amount, customer, installments=1):
    """Post an invoice for a new customer, or for one that is known by that name."""
    partner = env["res.partner"].search([("name", "=", customer)], limit=1)
    partner = partner or env["res.partner"].create(
        {
            "name": customer,
            "email": f"{customer.replace(' ', '.').lower()}@example.com",
            "country_id": env.ref("base.fr").id,
        }
    )
    env = _as_accountant(env)
    line = {"name": "Service", "price_unit": amount, "tax_ids": [Command.clear()]}
    values = {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": env.company._get_payment_today(),
        "invoice_line_ids": [Command.create(line)],
    }
    if installments > 1:
        term = env.ref("account.account_payment_term_advance_60days")
        values["invoice_payment_term_id"] = term.id
    move = env["account.move"].create(values)
    move.action_post()
    request = move.payment_request_id
    return {
        "partner": partner.id,
        "invoice": move.id,
        "request": request.id,
        "token": request.token,
        "reference": request.reference,
        "name": move.name,
    }


def _invoice(env, move):
    return _as_accountant(env)["account.move"].browse(move)


def register_payment(env, move):
    """Register what is due as paid; return how much that was."""
    invoice = _invoice(env, move)
    amount = invoice.amount_residual
    if invoice.state != "posted" or not amount:
        return 0.0
    wizard = invoice.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    )
    wizard.create({"group_payment": True}).action_create_payments()
    return amount - invoice.amount_residual


def credit(env, move):
    """Credit an invoice wholly, and reconcile both as far as it goes."""
    invoice = _invoice(env, move)
    if invoice.state != "posted":
        return
    reversal = (
        invoice.env["account.move.reversal"]
        .with_context(active_model="account.move", active_ids=invoice.ids)
        .create({"journal_id": invoice.journal_id.id})
    )
    note = invoice.browse(reversal.reverse_moves()["res_id"])
    note.action_post()
    lines = (invoice + note).line_ids.filtered(
        lambda line: line.display_type == "payment_term" and not line.reconciled
    )
    if len(lines.move_id) > 1:
        lines.reconcile()


def reset(env, move):
    """Put an invoice back to draft."""
    invoice = _invoice(env, move)
    if invoice.state == "posted":
        invoice.button_draft()


def repost(env, move):
    """Post an invoice that was put back to draft."""
    invoice = _invoice(env, move)
    if invoice.state == "cancel":
        invoice.button_draft()
    if invoice.state == "draft":
        invoice.action_post()


def cancel(env, move):
    """Cancel an invoice."""
    invoice = _invoice(env, move)
    reset(env, move)
    if invoice.state == "draft":
        invoice.button_cancel()


def _request(env, request):
    return _as_accountant(env)["payment.request"].browse(request)


def revoke(env, request):
    """Revoke a link."""
    _request(env, request).action_revoke()


def renew(env, request):
    """Renew a link."""
    _request(env, request).action_renew()


def expire(env, request):
    """Let a request end yesterday."""
    found = _request(env, request)
    found.expiry_date = found.company_id._get_payment_today() - timedelta(days=1)


def bank_line(env, amount, label):
    """Type a bank line by hand."""
    env = _as_accountant(env)
    values = {
        "journal_id": _bank_journal(env).id,
        "date": env.company._get_payment_today(),
        "amount": amount,
        "payment_ref": label,
    }
    return env["account.bank.statement.line"].create(values).id


# === Looking ===


def facts(env, requests, partner, after=0):
    """Return all that must hold at the end of a history."""
    requests = env["payment.request"].browse(requests)
    return {
        "requests": [_show_request(request) for request in requests],
        "transactions": [_show(tx) for tx in requests.transaction_ids.sorted("id")],
        "receivable": _receivable(env, partner),
        "lines": [_show_line(line) for line in _lines(env, after)],
        "queues": _queues(env),
    }


def _show_request(request):
    invoice = request.line_ids.move_id
    return {
        "id": request.id,
        "state": request.state,
        "computed": request._get_state(),
        "due": request.amount_due,
        "in_progress": request.amount_in_progress,
        "to_pay": request.amount_to_pay,
        "residual": sum(invoice.mapped("amount_residual")),
        "invoice": invoice.state,
        "payment_state": invoice.payment_state,
        "tasks": len(request.activity_ids),
    }


def _show(tx):
    payments = tx.env["account.payment"].search(
        [("payment_transaction_id", "=", tx.id)]
    )
    return {
        "id": tx.id,
        "request": tx.payment_request_id.id,
        "reference": tx.reference,
        "link": tx.provider_reference,
        "state": tx.state,
        "amount": tx.amount,
        "issue": tx.issue,
        "released": bool(tx.released_at),
        "next_check": str(tx.bridge_next_check_at or ""),
        "link_status": tx.bridge_link_status,
        "bank_status": tx.bank_status,
        "processed": tx.is_post_processed,
        "payments": [[p.amount, p.state, p.is_matched] for p in payments],
    }


def _receivable(env, partner):
    """Return what a customer owes, by where it comes from."""
    lines = env["account.move.line"].search(
        [
            ("partner_id", "=", partner),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
        ]
    )
    owed = {}
    for line in lines:
        move = line.move_id
        source = "bank" if move.statement_line_id else "payments"
        source = move.move_type if move.is_invoice() else source
        owed[source] = round(owed.get(source, 0.0) + line.balance, 2)
    return owed


def _lines(env, after):
    return env["account.bank.statement.line"].search(
        [("journal_id", "=", _bank_journal(env).id), ("id", ">", after)]
    )


def last_line(env):
    """Return the id of the newest bank line."""
    return (
        env["account.bank.statement.line"].search([], order="id desc", limit=1).id or 0
    )


def _show_line(line):
    return {
        "id": line.id,
        "ref": line.bridge_transaction_ref,
        "amount": line.amount,
        "label": line.payment_ref,
        "reconciled": line.is_reconciled,
        "state": line.match_state,
        "kind": line.match_kind,
        "transaction": line.matched_transaction_id.id,
        "request": line.matched_request_id.id,
    }


def _queues(env):
    """Return how much waits that is due, of each kind."""
    now = fields.Datetime.now()
    due = [("bridge_next_check_at", "<=", now)]
    jobs = [env.ref(xmlid).id for xmlid in JOBS.values()]
    counts = {
        "events": ("bridge.event", [("state", "=", "received")]),
        "polls": ("payment.transaction", due),
        "bookings": (
            "payment.transaction",
            [("state", "=", "done"), ("is_post_processed", "=", False)],
        ),
        "fetches": (
            "bridge.account",
            [("state", "=", "active"), ("next_fetch_at", "<=", now)],
        ),
        "readings": (
            "bridge.connection",
            [("state", "!=", "removed"), ("next_read_at", "<=", now)],
        ),
        "matches": ("account.bank.statement.line", [("match_state", "=", "waiting")]),
        "calls": (
            "ir.cron.trigger",
            [("cron_id", "in", jobs), ("call_at", "<=", now)],
        ),
        "stopped jobs": ("ir.cron", [("id", "in", jobs), ("active", "=", False)]),
        "stopped feeds": ("bridge.account", [("state", "!=", "active")]),
    }
    return {
        name: env[model].with_context(active_test=False).search_count(domain)
        for name, (model, domain) in counts.items()
    }


def forget(env):
    """Have what a broken history left behind disturb no other one."""
    env.cr.execute("UPDATE bridge_event SET state = 'ignored' WHERE state = 'received'")
    env.cr.execute("UPDATE payment_transaction SET bridge_next_check_at = NULL")
    env.cr.execute("DELETE FROM ir_cron_trigger")
