import {Component, useEffect, useRef} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {registry} from "@web/core/registry";
import {useInputField} from "@web/views/fields/input_field_hook";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {TranslationButton} from "@web/views/fields/translation_button";
import {CHIP, PLACEHOLDERS, cutAtChips, makeChip, readChip} from "./placeholder_field";

/**
 * @param {Node} node
 * @returns {String} the text in it, as it is stored
 */
function readText(node) {
    if (node.nodeType === Node.TEXT_NODE) {
        return node.data;
    }
    if (node.nodeName === "BR") {
        return "\n";
    }
    return node.classList?.contains(CHIP)
        ? readChip(node)
        : Array.from(node.childNodes, readText).join("");
}

/** A plain text, with chips where it has placeholders, and a button to choose one. */
export class PlaceholderLine extends Component {
    static template = "account_payment_request.PlaceholderLine";
    static components = {Dropdown, DropdownItem, TranslationButton};
    static props = {...standardFieldProps, placeholder: {type: String, optional: true}};

    setup() {
        this.text = useRef("text");
        this.choices = Object.entries(PLACEHOLDERS);
        useEffect(
            (el) => {
                if (el) {
                    this.makeInput(el);
                }
            },
            () => [this.text.el]
        );
        useInputField({
            ref: this.text,
            getValue: () => this.value,
            parse: (text) => (this.field.trim ? text.trim() : text),
        });
    }

    get field() {
        return this.props.record.fields[this.props.name];
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get isLine() {
        return this.field.type === "char";
    }

    /** Have the element behave as the input that core's hook is for. */
    makeInput(el) {
        Object.defineProperty(el, "value", {
            get: () => {
                // Browsers end the last line with a break that nobody typed.
                const text = readText(el).replace(/\n$/, "");
                return this.isLine ? text.replace(/\s*\n\s*/g, " ") : text;
            },
            set: (text) => {
                const pieces = cutAtChips(text);
                const chips = el.querySelectorAll(`.${CHIP}`).length;
                // What is there already keeps the cursor where it is.
                if (el.value !== text || pieces.length !== 2 * chips + 1) {
                    el.replaceChildren(...pieces);
                }
            },
        });
    }

    onKeydown(ev) {
        if (this.isLine && ev.key === "Enter") {
            ev.preventDefault();
        }
    }

    /** Copy placeholders as they are stored, not their names. */
    onCopy(ev) {
        const range = document.getSelection().getRangeAt(0);
        ev.preventDefault();
        ev.clipboardData.setData("text/plain", readText(range.cloneContents()));
        if (ev.type === "cut") {
            range.deleteContents();
            this.text.el.dispatchEvent(new InputEvent("input"));
        }
    }

    onPaste(ev) {
        ev.preventDefault();
        const text = ev.clipboardData.getData("text/plain");
        const range = document.getSelection().getRangeAt(0);
        range.deleteContents();
        for (const piece of cutAtChips(text).reverse()) {
            range.insertNode(piece instanceof Node ? piece : new Text(piece));
        }
        range.collapse(false);
        this.text.el.dispatchEvent(new InputEvent("input"));
    }

    onBlur() {
        const selection = document.getSelection();
        const range = selection.rangeCount && selection.getRangeAt(0);
        this.range = range && this.text.el.contains(range.endContainer) && range;
        this.text.el.dispatchEvent(new Event("change"));
    }

    /** Put a placeholder where the cursor was, or else at the end. */
    insert(expression) {
        const el = this.text.el;
        const chip = makeChip(expression);
        if (this.range && el.contains(this.range.endContainer)) {
            this.range.deleteContents();
            this.range.insertNode(chip);
        } else {
            el.append(el.textContent && !/\s$/.test(el.textContent) ? " " : "", chip);
        }
        el.dispatchEvent(new InputEvent("input"));
        el.dispatchEvent(new Event("change"));
    }
}

registry.category("fields").add("payment_placeholder_line", {
    component: PlaceholderLine,
    supportedTypes: ["char", "text"],
    extractProps: ({placeholder}) => ({placeholder}),
});
