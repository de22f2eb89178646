import {_t} from "@web/core/l10n/translation";
import {KeepLast, Mutex} from "@web/core/utils/concurrency";

const MODEL = "account.bank.statement.line";
// What a later page is asked before the person is at the end of this one.
const AHEAD = 15;
// Suggestions accepted in one call.
const BATCH = 100;

/**
 * The open bank lines on the screen and what was done with them since it was opened.
 *
 * It is reactive: components read it, and change it only through its methods.
 */
export class ReconcileModel {
    /**
     * @param {Object} services `orm` and `notification`
     * @param {Object} saved what `export` returned when the screen was left
     */
    setup({orm, notification}, saved = {}) {
        this.call = (method, args, kwargs) => orm.call(MODEL, method, args, kwargs);
        this.notify = (message, options) => notification.add(message, options);
        this.filter = {
            journalId: false,
            search: "",
            order: "newest",
            byJournal: false,
            ...saved.filter,
        };
        this.rows = [];
        this.total = 0;
        this.currentId = saved.currentId || false;
        this.selected = {};
        this.journals = [];
        this.summary = {received: 0, automatic: 0};
        this.canBook = false;
        this.bankNote = "";
        this.unfitAccountTypes = [];
        this.undoable = saved.undoable || [];
        this.doneCount = saved.doneCount || 0;
        this.loading = true;
        this.busy = false;
        this.keepLast = new KeepLast();
        this.mutex = new Mutex();
    }

    export() {
        return {
            filter: {...this.filter},
            currentId: this.currentId,
            undoable: this.undoable.map((action) => ({...action})),
            doneCount: this.doneCount,
        };
    }

    // --- What is shown ---

    get current() {
        return this.rows.find((row) => row.id === this.currentId);
    }

    get currentIndex() {
        return this.rows.findIndex((row) => row.id === this.currentId);
    }

    get isFiltered() {
        return Boolean(this.filter.search || this.filter.journalId);
    }

    get selectedRows() {
        return this.rows.filter((row) => this.selected[row.id]);
    }

    get acceptableRows() {
        return this.selectedRows.filter((row) => row.suggestions.length && !row.begun);
    }

    get exactRows() {
        return this.rows.filter((row) => row.exact && !row.begun);
    }

    get lastAction() {
        return this.undoable.at(-1);
    }

    // --- What a line may be booked on ---

    likelyPartnerId(row) {
        return row.partner_id || row.suggestions[0]?.partner_id || false;
    }

    /** Customers and suppliers of this line's company. */
    partnerDomain(row) {
        return [
            ["company_id", "in", [false, row.company_id]],
            "|",
            ["parent_id", "=", false],
            ["is_company", "=", true],
        ];
    }

    /** Accounts that can take an amount of this line without a customer. */
    accountDomain(row) {
        return [
            ["account_type", "not in", this.unfitAccountTypes],
            ["company_ids", "parent_of", [row.company_id]],
        ];
    }

    // --- Loading ---

    async load() {
        this.loading = true;
        try {
            const page = await this.keepLast.add(this.fetch(0));
            this.rows = page.lines;
            this.total = page.total;
            this.journals = page.journals;
            this.summary = page.summary;
            this.canBook = page.can_book;
            this.bankNote = page.bank_note;
            this.unfitAccountTypes = page.unfit_account_types;
            this.selected = {};
            await this.fetchWanted();
            if (!this.current) {
                this.currentId = this.rows[0]?.id || false;
            }
        } finally {
            this.loading = false;
        }
    }

    /** Put the line that was asked for on top when it is not of the first page. */
    async fetchWanted() {
        this.wantedId = false;
        if (this.currentId && !this.current) {
            this.wantedId = this.currentId;
            this.rows.unshift(
                ...(await this.call("to_reconcile_read", [[this.currentId]]))
            );
        }
    }

    fetch(offset) {
        return this.call("to_reconcile_load", [], {
            journal_id: this.filter.journalId,
            search: this.filter.search,
            order: this.filter.order,
            by_journal: this.filter.byJournal,
            offset,
        });
    }

    /** Get the next page when the person comes near the end of what is there. */
    async loadMore() {
        if (this.loading || this.loadingMore || this.rows.length >= this.total) {
            return;
        }
        this.loadingMore = true;
        const filter = JSON.stringify(this.filter);
        // The line that was asked for may stand further down at the server.
        const inOrder = this.rows.filter((row) => row.id !== this.wantedId);
        try {
            const page = await this.fetch(inOrder.length);
            if (filter !== JSON.stringify(this.filter)) {
                return;
            }
            const known = new Set(this.rows.map((row) => row.id));
            this.rows.push(...page.lines.filter((row) => !known.has(row.id)));
            this.total = page.lines.length ? page.total : this.rows.length;
        } finally {
            this.loadingMore = false;
        }
    }

    setFilter(values) {
        Object.assign(this.filter, values);
        return this.load();
    }

    async refresh(ids) {
        const rows = await this.call("to_reconcile_read", [ids]);
        this.replace(ids, rows);
    }

    // --- Moving and selecting ---

    select(id) {
        this.currentId = id;
    }

    move(step) {
        const index = Math.max(0, this.currentIndex + step);
        const row = this.rows[Math.min(index, this.rows.length - 1)];
        if (row) {
            this.currentId = row.id;
        }
        if (index >= this.rows.length - AHEAD) {
            this.loadMore();
        }
    }

    toggle(id, selected = !this.selected[id]) {
        this.selected[id] = selected;
    }

    selectOnly(rows) {
        this.selected = Object.fromEntries(rows.map((row) => [row.id, true]));
    }

    // --- Booking ---

    accept(suggestionIds, rows) {
        return this.act(rows, "to_reconcile_accept", [suggestionIds]);
    }

    /** Accept the best suggestion of each selected line. */
    async acceptSelected() {
        const rows = this.acceptableRows;
        for (let start = 0; start < rows.length; start += BATCH) {
            const batch = rows.slice(start, start + BATCH);
            await this.accept(
                batch.map((row) => row.suggestions[0].id),
                batch
            );
        }
    }

    book(row, values) {
        return this.act([row], "to_reconcile_book", [[row.id]], values);
    }

    examine(row) {
        return this.act([row], "to_reconcile_examine", [[row.id]]);
    }

    /**
     * Call a method that books lines, and show what became of them.
     *
     * @param {Object[]} rows the lines it is about
     * @returns {Promise<Boolean>} whether all of them are done
     */
    act(rows, method, args, kwargs = {}) {
        return this.exclusively(async () => {
            const outcome = await this.call(method, args, kwargs);
            const doneIds = Object.keys(outcome.done).map(Number);
            const ids = rows.map((row) => row.id);
            const done = rows.filter((row) => doneIds.includes(row.id));
            this.replace(ids, outcome.lines);
            this.summary = outcome.summary;
            this.doneCount += done.length;
            if (done.length) {
                this.undoable.push({
                    marks: outcome.done,
                    text:
                        done.length === 1 ? done[0].label : _t("%s lines", done.length),
                });
            }
            this.report(outcome.refused);
            await this.fillUp();
            return done.length === rows.length;
        }, rows);
    }

    undo() {
        if (!this.lastAction) {
            return;
        }
        return this.exclusively(async () => {
            const action = this.lastAction;
            const outcome = await this.call("to_reconcile_undo", [action.marks]);
            this.undoable.pop();
            const known = new Set(this.rows.map((row) => row.id));
            const back = outcome.lines.filter((row) => !known.has(row.id));
            const index = Math.max(0, this.currentIndex);
            this.rows.splice(index, 0, ...back);
            this.total += back.length;
            this.doneCount = Math.max(0, this.doneCount - back.length);
            this.summary = outcome.summary;
            if (back.length) {
                this.currentId = back[0].id;
            }
            this.report(outcome.refused);
        });
    }

    /** Put fresh rows in the place of these lines; those that are done go. */
    replace(ids, fresh) {
        const byId = Object.fromEntries(fresh.map((row) => [row.id, row]));
        const index = this.currentIndex;
        const gone = ids.filter((id) => !byId[id]);
        const before = this.rows.length;
        this.rows = this.rows
            .filter((row) => !gone.includes(row.id))
            .map((row) => byId[row.id] || row);
        this.total -= before - this.rows.length;
        gone.forEach((id) => delete this.selected[id]);
        if (!this.current) {
            const next = this.rows[Math.min(index, this.rows.length - 1)];
            this.currentId = next?.id || false;
        }
    }

    async fillUp() {
        if (!this.rows.length && this.total > 0) {
            await this.load();
        } else if (this.currentIndex >= this.rows.length - AHEAD) {
            this.loadMore();
        }
    }

    // --- What the server refuses ---

    /** Do one thing after the other; what the server refuses is shown, not thrown. */
    exclusively(action, rows = []) {
        return this.mutex.exec(async () => {
            this.busy = true;
            try {
                return await action();
            } catch (error) {
                if (!error.exceptionName?.startsWith("odoo.exceptions.")) {
                    throw error;
                }
                this.notify(error.data.message, {type: "danger"});
                await this.refresh(rows.map((row) => row.id));
                return false;
            } finally {
                this.busy = false;
            }
        });
    }

    report(refused) {
        for (const {label, message} of refused.slice(0, 3)) {
            this.notify(message, {title: label, type: "warning"});
        }
        if (refused.length > 3) {
            this.notify(_t("Other lines left as they were: %s.", refused.length - 3), {
                type: "warning",
            });
        }
    }
}
