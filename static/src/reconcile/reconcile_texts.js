import {deserializeDate, formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";

export const day = (value) => formatDate(deserializeDate(value));

/* Whole sentences: other languages put the numbers elsewhere. */

export const acceptSelected = (count) => _t("Accept %s selected", count);

export const selectExact = (count) => _t("Select %s exact", count);

export const selected = (count) => _t("%s selected", count);

export const toReconcile = (count) => _t("%s to reconcile", count);

export const possible = (count) => _t("%s possible", count);

export const progress = (done, all) => _t("%(done)s of %(all)s", {done, all});

export const share = (percent) => _t("%s %% matched by itself this month", percent);

export const shareTitle = ({automatic, received}) =>
    _t(
        "Receipts dated this month that were reconciled without anybody's help: %(automatic)s of %(received)s.",
        {automatic, received}
    );

export const allDone = (count) =>
    _t("Lines done: %s. None is left, every bank line has found its place.", count);

export const due = (value) => _t("due %s", day(value));

export const ofAmount = (amount) => _t("of %s", amount);

export const keepAsCredit = (amount, partner) =>
    _t("%(amount)s is left: keep it as a credit of %(partner)s", {amount, partner});

export const stayOpen = (amount) => _t("%s stays open on the invoice", amount);

export const bookToAccount = (amount) => _t("Book %s to an account", amount);
