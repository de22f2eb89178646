import {HtmlField, htmlField} from "@html_editor/fields/html_field";
import {Plugin} from "@html_editor/plugin";
import {instanceofMarkup} from "@html_editor/utils/sanitize";
import {markup} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {withSequence} from "@html_editor/utils/resource";

/** What anybody who may change a level may write, by what it is filled in with. */
export const PLACEHOLDERS = {
    "object.company_id.name": _t("Your company"),
    "object.partner_id.name": _t("The customer"),
    "object.contact_id.name": _t("Who receives it"),
    "object.user_id.name": _t("Who is responsible"),
    "format_amount(object.amount_asked, object.currency_id)": _t("What is asked for"),
    "format_amount(object.amount_overdue, object.currency_id)": _t(
        "What is past its due date"
    ),
    "format_amount(object.amount_reminded, object.currency_id)": _t(
        "What is past its due date and was reminded before"
    ),
    "object.also_due_text": _t("What else is overdue, in a sentence"),
    "format_amount(object.amount_coming, object.currency_id)": _t(
        "What is not due yet, for information"
    ),
    "object.invoice_names": _t("Numbers of the invoices"),
    "format_date(object.due_date)": _t("Oldest due date"),
    "object.days_late": _t("Days since then"),
    "object.earlier_dates": _t("Days of the earlier reminders"),
    "object.despite_reminders": _t("“Despite our reminders of…”, once there were any"),
    "object.pay_text": _t("How to pay, in a sentence"),
    "object.pay_label": _t("How to pay, before the link"),
    "object.request_id.url": _t("Link to pay"),
};
const TAG = /\{\{\s*(.+?)\s*(?:\|\|\|\s*(.*?)\s*)?\}\}/g;
export const CHIP = "o_payment_placeholder";

/**
 * @param {string} expression one of `PLACEHOLDERS`
 * @param {string} [otherwise] what stands there where nothing can be filled in
 * @returns {HTMLElement} what the editor shows in its place
 */
export function makeChip(expression, otherwise) {
    const chip = document.createElement("span");
    chip.className = CHIP;
    chip.contentEditable = "false";
    chip.dataset.expression = expression;
    if (otherwise) {
        chip.dataset.otherwise = otherwise;
    }
    chip.textContent = PLACEHOLDERS[expression];
    return chip;
}

/**
 * @param {String} text as it is stored
 * @returns {(String|HTMLElement)[]} its pieces, with chips for the placeholders; what
 * is none of ours stays as it is
 */
export function cutAtChips(text) {
    const pieces = [];
    let end = 0;
    for (const match of text.matchAll(TAG)) {
        const [tag, expression, otherwise] = match;
        if (Object.hasOwn(PLACEHOLDERS, expression)) {
            pieces.push(text.slice(end, match.index), makeChip(expression, otherwise));
            end = match.index + tag.length;
        }
    }
    return [...pieces, text.slice(end)];
}

/**
 * @param {HTMLElement} chip
 * @returns {String} what it stands for, as it is stored
 */
export function readChip(chip) {
    const {expression, otherwise} = chip.dataset;
    if (!Object.hasOwn(PLACEHOLDERS, expression)) {
        // Whoever wrote it may not have been allowed to write the expression.
        return chip.textContent.replace(/[{}]/g, "");
    }
    const rest = (otherwise || "").replace(/[{}|]/g, "");
    return `{{ ${expression}${rest ? ` ||| ${rest}` : ""} }}`;
}

/**
 * Show the placeholders of a text as chips with names, but for those in attributes.
 *
 * @param {string} html
 * @returns {string}
 */
export function toChips(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const walker = document.createTreeWalker(template.content, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) {
        nodes.push(walker.currentNode);
    }
    for (const node of nodes) {
        node.replaceWith(...cutAtChips(node.data));
    }
    return template.innerHTML;
}

/**
 * Return what `toChips` was given, as it is stored.
 *
 * @param {string} html
 * @returns {string}
 */
export function fromChips(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const chip of template.content.querySelectorAll(`.${CHIP}`)) {
        chip.replaceWith(readChip(chip));
    }
    template.content.normalize();
    return template.innerHTML;
}

/** Offers the placeholders by name, behind “/”. */
class PlaceholderPlugin extends Plugin {
    static id = "paymentPlaceholder";
    static dependencies = ["dom", "history"];
    resources = {
        user_commands: Object.entries(PLACEHOLDERS).map(([expression, name]) => ({
            id: `paymentPlaceholder ${expression}`,
            title: name,
            description: _t("Filled in for each customer"),
            icon: "fa-tag",
            run: () => this.insert(expression),
        })),
        powerbox_categories: withSequence(5, {
            id: "payment_placeholder",
            name: _t("Placeholders"),
        }),
        powerbox_items: Object.keys(PLACEHOLDERS).map((expression) => ({
            categoryId: "payment_placeholder",
            commandId: `paymentPlaceholder ${expression}`,
        })),
    };

    insert(expression) {
        this.dependencies.dom.insert(makeChip(expression));
        this.dependencies.history.addStep();
    }
}

export class PlaceholderField extends HtmlField {
    /** The same text, with chips where it has placeholders. */
    get value() {
        const value = super.value;
        const chips = toChips(value.toString());
        return instanceofMarkup(value) ? markup(chips) : chips;
    }

    async updateValue(value) {
        await super.updateValue(fromChips(value.toString()));
    }

    getConfig() {
        const config = super.getConfig();
        return {...config, Plugins: [...config.Plugins, PlaceholderPlugin]};
    }
}

registry.category("fields").add("payment_placeholders", {
    ...htmlField,
    component: PlaceholderField,
});
