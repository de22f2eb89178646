import {Component, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";
import {ManualPicker} from "./manual_picker";
import {isFree, isFreeToPress} from "./reconcile_keys";
import {ReconcileModel} from "./reconcile_model";
import {WithoutInvoice} from "./without_invoice";
import * as texts from "./reconcile_texts";

/** One bank line: what it may pay, and what else can be done with it. */
export class LinePanel extends Component {
    static template = "account_payment_request.ReconcileLinePanel";
    static components = {ManualPicker, WithoutInvoice};
    static props = {
        model: ReconcileModel,
        row: Object,
        onBack: Function,
    };

    setup() {
        this.texts = texts;
        this.action = useService("action");
        this.ui = useState({
            tab: "suggestions",
            chosen: 0,
        });
        const whenFree = {isAvailable: isFree};
        useHotkey("enter", () => this.acceptChosen(), {isAvailable: isFreeToPress});
        useHotkey("s", () => this.show("suggestions"), whenFree);
        useHotkey("p", () => this.show("manual"), whenFree);
        useHotkey("w", () => this.show("without"), whenFree);
        useHotkey("o", () => this.openLine(), whenFree);
        for (let index = 0; index < 9; index++) {
            useHotkey(`${index + 1}`, () => this.choose(index), whenFree);
        }
    }

    get row() {
        return this.props.row;
    }

    get canBook() {
        return this.props.model.canBook && !this.row.begun;
    }

    get hasOwnCurrency() {
        return this.row.currency_id !== this.row.bank_currency_id;
    }

    format(amount, currencyId = this.row.currency_id) {
        return formatCurrency(amount, currencyId);
    }

    /** What a suggestion leaves, in words; empty when all agrees. */
    leftText(suggestion) {
        if (!suggestion.left) {
            return "";
        }
        const amount = this.format(Math.abs(suggestion.left));
        return suggestion.left > 0 === this.row.amount > 0
            ? _t("%s is left and becomes a credit of the customer.", amount)
            : _t("%s stays open on the invoice.", amount);
    }

    show(tab) {
        if (tab !== "suggestions" && !this.canBook) {
            return;
        }
        // Enter is for the suggestion, not for the tab once more.
        document.activeElement?.blur();
        this.ui.tab = tab;
    }

    choose(index) {
        if (index < this.row.suggestions.length) {
            this.ui.tab = "suggestions";
            this.ui.chosen = index;
        }
    }

    acceptChosen() {
        const suggestion = this.row.suggestions[this.ui.chosen];
        if (this.ui.tab === "suggestions" && suggestion) {
            this.accept(suggestion);
        }
    }

    accept(suggestion) {
        if (this.canBook && !this.props.model.busy) {
            this.props.model.accept([suggestion.id], [this.row]);
        }
    }

    examine() {
        this.props.model.examine(this.row);
    }

    openLine() {
        this.open("account.bank.statement.line", this.row.id);
    }

    openEntry(entry) {
        this.open("account.move", entry.move_id);
    }

    open(resModel, resId) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: resModel,
            res_id: resId,
            views: [[false, "form"]],
        });
    }
}
