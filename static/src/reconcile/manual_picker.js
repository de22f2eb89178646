import {Component, useEffect, useRef, useState} from "@odoo/owl";
import {formatCurrency, getCurrency} from "@web/core/currency";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {_t} from "@web/core/l10n/translation";
import {RecordSelector} from "@web/core/record_selectors/record_selector";
import {KeepLast} from "@web/core/utils/concurrency";
import {useAutofocus, useService} from "@web/core/utils/hooks";
import {roundDecimals} from "@web/core/utils/numbers";
import {useDebounced} from "@web/core/utils/timing";
import {formatFloat} from "@web/views/fields/formatters";
import {parseMonetary} from "@web/views/fields/parsers";
import {ReconcileModel} from "./reconcile_model";
import * as texts from "./reconcile_texts";

/**
 * Open entries chosen by hand for one line: several, whole or in part.
 *
 * All amounts have the sign and the currency of the line, so that they add up to it.
 */
export class ManualPicker extends Component {
    static template = "account_payment_request.ReconcileManualPicker";
    static components = {RecordSelector};
    static props = {
        model: ReconcileModel,
        row: Object,
        openEntry: Function,
        onBack: Function,
    };

    setup() {
        this.texts = texts;
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({
            partnerId: this.props.model.likelyPartnerId(this.props.row),
            search: "",
            entries: [],
            more: false,
            loading: true,
            active: 0,
            picks: [],
            // What happens to a difference: "keep" or "account".
            difference: "keep",
            accountId: this.props.row.fee_account_id,
            label: this.props.row.label,
        });
        this.searchRef = useAutofocus({refName: "search", mobile: false});
        this.onSearch = useDebounced((search) => {
            this.state.search = search;
            this.load();
        }, 250);
        this.candidatesRef = useRef("candidates");
        useEffect(
            () => {
                this.candidatesRef.el
                    ?.querySelector(".table-active")
                    ?.scrollIntoView({block: "nearest"});
            },
            () => [this.state.active]
        );
        useHotkey("control+enter", () => this.book(), {bypassEditableProtection: true});
        this.load();
    }

    // --- Candidates ---

    async load() {
        this.state.loading = true;
        try {
            const page = await this.keepLast.add(this.fetch(0));
            this.state.entries = page.entries;
            this.state.more = page.more;
            this.state.active = 0;
        } finally {
            this.state.loading = false;
        }
    }

    async loadMore() {
        const {search, partnerId} = this.state;
        const page = await this.fetch(this.state.entries.length);
        if (search !== this.state.search || partnerId !== this.state.partnerId) {
            return;
        }
        const known = new Set(this.state.entries.map(({id}) => id));
        this.state.entries.push(...page.entries.filter(({id}) => !known.has(id)));
        this.state.more = page.more;
    }

    fetch(offset) {
        return this.orm.call(
            "account.bank.statement.line",
            "to_reconcile_candidates",
            [[this.props.row.id]],
            {
                search: this.state.search,
                partner_id: this.state.partnerId,
                offset,
            }
        );
    }

    setPartner(partnerId) {
        this.state.partnerId = partnerId;
        this.load();
    }

    get listTitle() {
        if (this.state.search) {
            return _t("Found");
        }
        return this.state.partnerId
            ? _t("Open entries of this customer")
            : _t("Open entries of exactly this amount");
    }

    // --- Amounts ---

    get digits() {
        return getCurrency(this.props.row.currency_id)?.digits;
    }

    round(amount) {
        return roundDecimals(amount, this.digits?.[1] ?? 2);
    }

    format(amount, currencyId = this.props.row.currency_id) {
        return formatCurrency(amount, currencyId);
    }

    formatInput(amount) {
        return formatFloat(amount, {digits: this.digits});
    }

    get direction() {
        return Math.sign(this.props.row.amount) || 1;
    }

    get paid() {
        return this.state.picks.reduce((sum, {amount}) => sum + amount, 0);
    }

    /** What the picks leave of the line. */
    get left() {
        return this.round(this.props.row.amount - this.paid);
    }

    /** What the picks leave open on their entries. */
    get short() {
        const owed = this.state.picks.reduce((sum, {entry}) => sum + entry.open, 0);
        return this.round(owed - this.paid);
    }

    get isOver() {
        return this.left * this.direction < 0;
    }

    get isUnder() {
        return this.left * this.direction > 0;
    }

    /** What goes to an account, once the picks are paid as they will be. */
    get writeOff() {
        return this.left ? this.left : -this.short;
    }

    get hasDifference() {
        return Boolean(this.state.picks.length && (this.left || this.short));
    }

    get creditPartnerId() {
        const partners = new Set(this.state.picks.map(({entry}) => entry.partner_id));
        const [only] = partners.size === 1 ? partners : [];
        return only || this.state.partnerId;
    }

    get creditPartner() {
        const pick = this.state.picks.find(
            ({entry}) => entry.partner_id === this.creditPartnerId
        );
        return pick ? pick.entry.partner : this.props.row.partner || _t("the customer");
    }

    /** What still keeps it from being booked, in words; empty when nothing does. */
    get blocker() {
        if (!this.state.picks.length) {
            return _t("Choose at least one entry.");
        }
        if (this.state.difference === "account") {
            return this.hasDifference && !this.state.accountId
                ? _t("Choose the account of the difference.")
                : "";
        }
        if (this.isOver) {
            return _t("Lower an amount, or book the difference to an account.");
        }
        return this.isUnder && !this.creditPartnerId
            ? _t("Choose a customer, or book the rest to an account.")
            : "";
    }

    // --- What a person does ---

    isPicked(entry) {
        return this.state.picks.some((pick) => pick.entry.id === entry.id);
    }

    toggle(entry) {
        if (this.isPicked(entry)) {
            this.state.picks = this.state.picks.filter(
                (pick) => pick.entry.id !== entry.id
            );
            return;
        }
        const room = this.left;
        const fits =
            !entry.splittable ||
            entry.open * this.direction < 0 ||
            room * this.direction <= 0 ||
            Math.abs(entry.open) <= Math.abs(room);
        this.state.picks.push({entry, amount: fits ? entry.open : room});
    }

    setAmount(pick, input) {
        let amount = 0;
        try {
            amount = Math.abs(parseMonetary(input.value));
        } catch {
            amount = Math.abs(pick.amount);
        }
        amount = Math.min(this.round(amount), Math.abs(pick.entry.open));
        pick.amount = amount * Math.sign(pick.entry.open);
        input.value = this.formatInput(pick.amount);
    }

    onSearchKeydown(ev) {
        const {entries, active} = this.state;
        if (ev.key === "ArrowDown") {
            this.state.active = Math.min(active + 1, entries.length - 1);
        } else if (ev.key === "ArrowUp") {
            this.state.active = Math.max(active - 1, 0);
        } else if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey)) {
            this.book();
        } else if (ev.key === "Enter") {
            // What was typed last is still to be looked for: not the old list's entry.
            const isFound =
                !this.state.loading && ev.target.value === this.state.search;
            if (entries[active] && isFound) {
                this.toggle(entries[active]);
            }
        } else if (ev.key === "Escape") {
            ev.target.blur();
            this.props.onBack();
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }

    book() {
        const {model, row} = this.props;
        // An amount that is being typed counts too.
        document.activeElement?.blur();
        if (this.blocker || model.busy) {
            return;
        }
        const toAccount = this.state.difference === "account" && this.hasDifference;
        // Without anything left on the line it is the invoice that is closed for less.
        const whole = toAccount && !this.left;
        model.book(row, {
            picks: this.state.picks.map(({entry, amount}) => [
                entry.id,
                whole || !entry.splittable ? null : amount,
            ]),
            partner_id: this.creditPartnerId || false,
            account_id: toAccount && this.state.accountId,
            label: this.state.label,
            credit: !toAccount && this.isUnder,
        });
    }
}
