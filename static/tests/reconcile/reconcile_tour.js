import {registry} from "@web/core/registry";

const ACTIVE = ".o_reconcile_row.active";

registry.category("web_tour.tours").add("reconcile_by_keyboard", {
    steps: () => [
        {
            content: "The newest line is the current one.",
            trigger: `${ACTIVE}:contains('FIRST LINE')`,
        },
        {
            content: "What was typed just before Escape is not looked for.",
            trigger: ".o_reconcile_screen [type=search]",
            async run({edit, press}) {
                await edit("nowhere to be found");
                await press("Escape");
                await press("Enter");
            },
        },
        {
            content: "Its suggestion says why.",
            trigger: ".o_reconcile_suggestion:contains('account is known')",
        },
        {
            content: "Down, and up again.",
            trigger: ACTIVE,
            run: "press ArrowDown",
        },
        {
            trigger: `${ACTIVE}:contains('SECOND LINE')`,
            run: "press k",
        },
        {
            trigger: `${ACTIVE}:contains('FIRST LINE')`,
        },
        {
            trigger: ".o_reconcile_suggestion .btn-primary.o_reconcile_accept",
        },
        {
            content: "Enter accepts, and the next line is the current one.",
            trigger: `${ACTIVE}:contains('FIRST LINE')`,
            run: "press Enter",
        },
        {
            trigger: `${ACTIVE}:contains('SECOND LINE')`,
        },
        {
            trigger: ".o_reconcile_count:contains('1 of 3')",
            run: "press Control+z",
        },
        {
            content: "Undone, it is back.",
            trigger: `${ACTIVE}:contains('FIRST LINE')`,
        },
        {
            trigger: ".o_reconcile_count:contains('0 of 3')",
        },
        {
            trigger: `${ACTIVE}:contains('FIRST LINE')`,
            run: "press Enter",
        },
        {
            trigger: `${ACTIVE}:contains('SECOND LINE')`,
            run: "press p",
        },
        {
            content: "By hand: find the invoice by its customer.",
            trigger: ".o_reconcile_entry_search",
            run: "edit Société",
        },
        {
            trigger: ".o_reconcile_candidate:contains('Société'):contains('200.00')",
        },
        {
            content: "Enter never picks what an earlier search had found.",
            trigger: ".o_reconcile_entry_search",
            async run({edit, press}) {
                await edit("nowhere to be found");
                await press("Enter");
            },
        },
        {
            trigger:
                ".o_reconcile_manual:contains('Nothing open fits'):not(:has(.o_reconcile_picks))",
        },
        {
            trigger: ".o_reconcile_entry_search",
            run: "edit Société",
        },
        {
            trigger: ".o_reconcile_candidate:contains('Société'):contains('200.00')",
        },
        {
            trigger: ".o_reconcile_entry_search",
            run: "press Enter",
        },
        {
            content: "It takes what the line has.",
            trigger: ".o_reconcile_amount_left:contains('0.00')",
        },
        {
            trigger: ".o_reconcile_difference:contains('50.00')",
        },
        {
            content: "Arrows on a choice change it, not the line.",
            trigger: "#o_reconcile_keep",
            async run({anchor, press}) {
                anchor.focus();
                await press("ArrowDown");
            },
        },
        {
            trigger: `.o_reconcile_screen:has(${ACTIVE}:contains('SECOND LINE')) #o_reconcile_keep`,
            async run({click}) {
                await click();
            },
        },
        {
            trigger: ".o_reconcile_entry_search",
            run: "press Control+Enter",
        },
        {
            trigger: `${ACTIVE}:contains('THIRD LINE')`,
            run: "press w",
        },
        {
            content: "A charge belongs to no invoice.",
            trigger: ".o_reconcile_aside_account input",
            run: "edit Tour Charges",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Tour Charges')",
            run: "click",
        },
        {
            trigger: ".o_reconcile_set_aside:enabled",
            run: "click",
        },
        {
            content: "All is done.",
            trigger: ".o_reconcile_empty:contains('All is reconciled')",
        },
    ],
});

registry.category("web_tour.tours").add("reconcile_from_a_line", {
    steps: () => [
        {
            trigger: "button[name='action_open_to_reconcile']:contains('Reconcile')",
            run: "click",
        },
        {
            content: "The line that was asked for is on top, whatever its place.",
            trigger: `${ACTIVE}:contains('LINE 5')`,
            run: "press ArrowDown",
        },
        {
            trigger: `${ACTIVE}:contains('LINE 1')`,
        },
        {
            content: "None of the next page is left out.",
            trigger: ".o_reconcile_row:contains('LINE 3')",
        },
    ],
});

registry.category("web_tour.tours").add("reconcile_only_looking", {
    steps: () => [
        {
            trigger: ".o_reconcile_suggestion:contains('account is known')",
        },
        {
            content: "Nothing to book with.",
            trigger:
                ".o_reconcile_screen:not(:has(.o_reconcile_accept)):not(:has(.o_reconcile_manual_tab)):not(:has(.form-check-input))",
            run: "press Enter",
        },
        {
            trigger: ".o_reconcile_count:contains('0 of 1')",
        },
    ],
});
