import {Component, onMounted, onWillStart, onWillUnmount, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {formatCurrency} from "@web/core/currency";
import {deserializeDateTime, formatDate, formatDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {roundDecimals} from "@web/core/utils/numbers";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

import * as texts from "../reconcile/reconcile_texts";
import {BalanceCurve} from "./balance_curve";

const {DateTime} = luxon;

const RELOAD_SECONDS = 60;
const FETCHING_SECONDS = 3;
const STALE_HOURS = 24;
const CONSENT_DAYS = 14;
const MANY_ACCOUNTS = 9;

/** Every account of every bank: what is on it, how fresh it is, what is left to do. */
export class BankFeeds extends Component {
    static template = "account_payment_request.BankFeeds";
    static components = {Layout, BalanceCurve};
    static props = {...standardActionServiceProps};

    setup() {
        this.openText = texts.toReconcile;
        this.money = formatCurrency;
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({data: null, search: ""});
        onWillStart(() => this.load());
        onMounted(() => this.plan());
        onWillUnmount(() => {
            this.isLeft = true;
            browser.clearTimeout(this.timer);
        });
    }

    async load() {
        this.state.data = await this.orm.silent.call(
            "account.journal",
            "get_bank_feeds",
            []
        );
    }

    /** Look again after a while; soon, as long as accounts are being read. */
    plan() {
        const seconds = this.fetching.length ? FETCHING_SECONDS : RELOAD_SECONDS;
        browser.clearTimeout(this.timer);
        // A call may fail after the person has left.
        if (this.isLeft) {
            return;
        }
        this.timer = browser.setTimeout(async () => {
            try {
                if (!document.hidden) {
                    await this.load();
                }
            } catch (error) {
                if (!(error instanceof ConnectionLostError)) {
                    throw error;
                }
                // Offline for a while: the cards show their age, the next look follows.
            }
            this.plan();
        }, seconds * 1000);
    }

    // What is shown

    get accounts() {
        const words = this.state.search.toLowerCase();
        return this.state.data.accounts.filter((account) =>
            [account.name, account.bank, account.number, account.company]
                .join(" ")
                .toLowerCase()
                .includes(words)
        );
    }

    get hasSearch() {
        return this.state.data.accounts.length > MANY_ACCOUNTS;
    }

    get openCount() {
        return this.state.data.accounts.reduce(
            (count, account) => count + account.open_count,
            0
        );
    }

    get hasLines() {
        return this.state.data.accounts.some((account) => account.last_date);
    }

    get fed() {
        return this.state.data.accounts.filter(
            (account) => account.feed && account.feed.state === "active"
        );
    }

    get fetching() {
        return this.fed.filter((account) => account.feed.is_fetching);
    }

    get progressText() {
        const all = this.fed.length;
        return texts.progress(all - this.fetching.length, all);
    }

    accountsText(count) {
        return count === 1 ? _t("1 account") : _t("%s accounts", count);
    }

    curveOf(total) {
        const curves = this.state.data.accounts
            .filter((account) => account.currency_id === total.currency_id)
            .map((account) => account.curve);
        return curves[0].map((_balance, day) =>
            curves.reduce((sum, curve) => sum + curve[day], 0)
        );
    }

    /** What moved on the accounts of one currency in the days of the curve. */
    change(total) {
        const amount = roundDecimals(total.balance - total.before, 2);
        if (!amount) {
            return {text: _t("No change in 30 days"), look: "text-muted"};
        }
        const text = formatCurrency(Math.abs(amount), total.currency_id);
        return {
            text:
                amount < 0 ? _t("− %s in 30 days", text) : _t("+ %s in 30 days", text),
            look: amount < 0 ? "text-danger" : "text-success",
        };
    }

    badge({feed}) {
        let state = "unconnected";
        if (feed) {
            state = feed.is_fetching ? "fetching" : feed.connection_state;
            state = feed.state === "active" ? state : feed.state;
        }
        return {
            unconnected: {text: _t("Not connected"), look: "text-bg-light"},
            paused: {text: _t("Paused"), look: "text-bg-secondary"},
            closed: {text: _t("No longer shared"), look: "text-bg-danger"},
            to_assign: {text: _t("To start"), look: "text-bg-warning"},
            fetching: {text: _t("Being read"), look: "text-bg-info"},
            ok: {text: _t("Connected"), look: "text-bg-success"},
            connecting: {text: _t("Connecting"), look: "text-bg-info"},
            refreshing: {text: _t("Updating"), look: "text-bg-info"},
            action: {text: _t("Action needed"), look: "text-bg-danger"},
            trouble: {text: _t("Bank in trouble"), look: "text-bg-warning"},
            removed: {text: _t("Disconnected"), look: "text-bg-secondary"},
        }[state];
    }

    /** How old the data of an account are. */
    freshness(account) {
        const {feed} = account;
        if (feed && feed.data_at) {
            const read = deserializeDateTime(feed.data_at);
            const isStale = DateTime.now().diff(read, "hours").hours > STALE_HOURS;
            return {
                text: _t("Read at the bank %s", read.toRelative()),
                title: formatDateTime(read),
                look: isStale ? "text-warning fw-bold" : "text-muted",
            };
        }
        const text = account.last_date
            ? _t("Last line of %s", texts.day(account.last_date))
            : _t("No line yet");
        return {text, title: "", look: "text-muted"};
    }

    /** Until when the bank may be read. */
    consent(account) {
        const {feed} = account;
        if (!feed || !feed.consent_ends) {
            return null;
        }
        const days = feed.consent_days_left;
        if (days > CONSENT_DAYS) {
            const end = formatDate(deserializeDateTime(feed.consent_ends));
            return {text: _t("Consent until %s", end), look: "text-muted"};
        }
        let text = _t("The consent ends in %s days", days);
        if (days <= 1) {
            text = days
                ? _t("The consent ends within a day")
                : _t("The consent has ended");
        }
        return {text, look: "text-warning"};
    }

    difference(account) {
        const {feed} = account;
        if (!feed || !feed.difference) {
            return null;
        }
        const amount = formatCurrency(feed.difference, account.currency_id);
        return feed.difference_date
            ? _t("The bank's balance differs by %(amount)s since %(date)s", {
                  amount,
                  date: texts.day(feed.difference_date),
              })
            : _t("The bank's balance differs by %s", amount);
    }

    // What a person does

    onSearch(ev) {
        this.state.search = ev.target.value;
    }

    /** Call a method of journals, and open the action that it returns. */
    async openJournal(method, ...ids) {
        await this.open(await this.orm.call("account.journal", method, [ids]));
    }

    openToReconcile() {
        return this.open("account_payment_request.action_to_reconcile");
    }

    openConnection(id) {
        return this.open({
            type: "ir.actions.act_window",
            res_model: "bridge.connection",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    async mend(connection) {
        const ids = [connection.id];
        await this.open(
            await this.orm.call("bridge.connection", "action_connect", [ids])
        );
    }

    open(action) {
        return this.action.doAction(action, {onClose: () => this.load()});
    }

    /** Have the accounts fetched: it runs in the background, the cards follow. */
    async fetch(accounts) {
        const {params} = await this.orm.call("bridge.account", "action_fetch", [
            accounts.map((account) => account.feed.id),
        ]);
        if (params.type === "warning") {
            this.notification.add(params.message, {type: params.type});
        }
        await this.load();
        this.plan();
    }
}

registry.category("actions").add("account_payment_request.bank_feeds", BankFeeds);
