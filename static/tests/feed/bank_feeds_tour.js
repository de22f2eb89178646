import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("bank_feeds", {
    steps: () => [
        {
            content: "The total of the currency, and what is left to do.",
            trigger: ".o_bank_total:contains('1,350.00'):contains('200.00')",
        },
        {
            content: "A bank that waits for somebody says so, with the button.",
            trigger:
                ".o_bank_connection:contains('Locked Bank') button:contains('Login')",
        },
        {
            content: "The card of the account leads to its lines,",
            trigger:
                ".o_bank_account:contains('Tour Bank'):contains('1,350.00') button:contains('Lines')",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('yesterday')",
        },
        {
            trigger: ".breadcrumb-item a:contains('Bank Feeds')",
            run: "click",
        },
        {
            content: "and to what is open on it.",
            trigger:
                ".o_bank_account:contains('Tour Bank') button:contains('2 to reconcile')",
            run: "click",
        },
        {
            trigger: ".o_control_panel:contains('To Reconcile'):contains('Tour Bank')",
        },
        {
            trigger: ".breadcrumb-item a:contains('Bank Feeds')",
            run: "click",
        },
        {
            content: "A bank that is not connected can be.",
            trigger:
                ".o_bank_account:contains('Empty Bank') button:contains('Connect')",
            run: "click",
        },
        {
            trigger: ".modal:contains('Empty Bank') button[name='action_continue']",
        },
        {
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_bank_feeds",
        },
    ],
});
