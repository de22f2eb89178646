import {Component, useEffect, useRef, useState} from "@odoo/owl";
import {isMobileOS} from "@web/core/browser/feature_detection";
import {CheckBox} from "@web/core/checkbox/checkbox";
import {formatCurrency} from "@web/core/currency";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useDebounced} from "@web/core/utils/timing";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {LinePanel} from "./line_panel";
import {isFree, isFreeToPress} from "./reconcile_keys";
import {ReconcileModel} from "./reconcile_model";
import * as texts from "./reconcile_texts";

/**
 * *To reconcile*: the open bank lines, each with what it most likely pays.
 *
 * The keyboard alone is enough: arrows or j and k move, Enter accepts, Ctrl+Z undoes.
 */
export class ReconcileScreen extends Component {
    static template = "account_payment_request.ReconcileScreen";
    static components = {CheckBox, Dropdown, DropdownItem, Layout, LinePanel};
    static props = {...standardActionServiceProps};

    setup() {
        this.action = useService("action");
        this.listRef = useRef("list");
        this.searchRef = useRef("search");
        this.texts = texts;
        this.format = formatCurrency;
        this.isTouch = isMobileOS();
        this.ui = useState({panel: false});
        this.model = useState(new ReconcileModel());
        const {default_journal_id: journalId, default_line_id: currentId} =
            this.props.action.context || {};
        this.model.setup(
            {orm: useService("orm"), notification: useService("notification")},
            this.props.state || {filter: {journalId: journalId || false}, currentId}
        );
        useSetupAction({getLocalState: () => this.model.export()});
        this.onSearch = useDebounced((search) => this.model.setFilter({search}), 300);
        // The screen is there at once; the lines follow.
        this.model.load();
        useEffect(
            () => {
                this.listRef.el
                    ?.querySelector(".o_reconcile_row.active")
                    ?.scrollIntoView({block: "nearest"});
            },
            () => [this.model.currentId, this.model.rows.length]
        );
        this.setupHotkeys();
    }

    setupHotkeys() {
        const onList = {isAvailable: isFree};
        const pressed = {isAvailable: isFreeToPress};
        const moving = {...onList, allowRepeat: true};
        for (const [key, step] of Object.entries({
            j: 1,
            arrowdown: 1,
            k: -1,
            arrowup: -1,
        })) {
            useHotkey(key, () => this.model.move(step), moving);
        }
        useHotkey("control+z", () => this.model.undo());
        useHotkey("space", () => this.toggleCurrent(), pressed);
        useHotkey("shift+enter", () => this.acceptSelected(), pressed);
        useHotkey("f", () => this.searchRef.el?.focus(), onList);
    }

    // --- Texts ---

    get journalName() {
        const {journalId} = this.model.filter;
        const journal = this.model.journals.find(({id}) => id === journalId);
        return journal?.name || (journalId ? _t("This journal") : _t("All journals"));
    }

    get progress() {
        const {doneCount, total} = this.model;
        return Math.round((100 * doneCount) / Math.max(1, doneCount + total));
    }

    get share() {
        const {received, automatic} = this.model.summary;
        return received ? Math.floor((100 * automatic) / received) : false;
    }

    leftText(row, suggestion) {
        const amount = this.format(Math.abs(suggestion.left), row.currency_id);
        const over = suggestion.left > 0 === row.amount > 0;
        return over ? _t("%s over", amount) : _t("%s short", amount);
    }

    /** The numbers of what a suggestion pays, unless its reason names them. */
    entryNumbers(suggestion) {
        const numbers = suggestion.entries.map((entry) => entry.number);
        if (numbers.every((number) => suggestion.reason.includes(number))) {
            return "";
        }
        return numbers.length > 3
            ? _t("%(first)s and %(count)s more", {
                  first: numbers.slice(0, 2).join(", "),
                  count: numbers.length - 2,
              })
            : numbers.join(", ");
    }

    startsJournal(index) {
        const {rows, filter} = this.model;
        return (
            filter.byJournal && rows[index].journal_id !== rows[index - 1]?.journal_id
        );
    }

    // --- What a person does ---

    onRowClick(row) {
        this.model.select(row.id);
        this.ui.panel = true;
    }

    onScroll({target}) {
        if (target.scrollTop + target.clientHeight > target.scrollHeight - 400) {
            this.model.loadMore();
        }
    }

    onSearchKeydown(ev) {
        if (ev.key === "Enter" || ev.key === "ArrowDown") {
            ev.preventDefault();
            ev.target.blur();
        } else if (ev.key === "Escape" && ev.target.value) {
            ev.stopPropagation();
            this.clearFilter();
        }
    }

    clearFilter() {
        // What was typed last would be looked for after all.
        this.onSearch.cancel();
        if (this.searchRef.el) {
            this.searchRef.el.value = "";
        }
        this.model.setFilter({search: "", journalId: false});
    }

    toggleCurrent() {
        if (this.model.canBook && this.model.current) {
            this.model.toggle(this.model.currentId);
        }
    }

    onRowChecked(row, checked) {
        this.model.select(row.id);
        this.model.toggle(row.id, checked);
    }

    toggleAll(checked) {
        this.model.selectOnly(checked ? this.model.rows : []);
    }

    acceptSelected() {
        if (this.model.canBook && !this.model.busy) {
            this.model.acceptSelected();
        }
    }

    openLines() {
        this.action.doAction("account_payment_request.action_bank_lines");
    }
}

registry
    .category("actions")
    .add("account_payment_request.to_reconcile", ReconcileScreen);
