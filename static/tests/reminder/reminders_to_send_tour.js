import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("reminders_bar", {
    steps: () => [
        {
            trigger: "button[name='action_plan_today']",
            run: "click",
        },
        {
            content: "While a bar shows how far it got, a reminder can be opened,",
            trigger: ".o_payment_reminder_work:contains(' of 6 prepared')",
        },
        {
            trigger: ".o_data_row:first td[name='partner_id']",
            run: "click",
        },
        {
            trigger: ".o_form_view:contains('Customer')",
        },
        {
            content: "and the work be stopped.",
            trigger: ".o_payment_reminder_work button:contains('Stop')",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('Prepared.')",
        },
        {
            trigger: "body:not(:has(.o_payment_reminder_work))",
        },
    ],
});

registry.category("web_tour.tours").add("reminders_send_all", {
    steps: () => [
        {
            content: "Each row says what it waits for.",
            trigger: ".o_data_row:first td[name='waits_for']:contains('08:30')",
        },
        {
            trigger: "button[name='action_send_all']",
            run: "click",
        },
        {
            content: "What would leave is said before it does.",
            trigger: ".modal:contains('E-mail: 6'):contains('600.00')",
        },
        {
            trigger: ".modal:contains('Outside their hours: 6')",
        },
        {
            trigger: ".modal button[name='action_send_in_hours']",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('08:30')",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});

registry.category("web_tour.tours").add("reminder_placeholders", {
    steps: () => [
        {
            content: "Placeholders have names,",
            trigger:
                ".o_field_widget[name='body'] .o_payment_placeholder:contains('Who receives it')",
        },
        {
            trigger:
                ".o_field_widget[name='body'] .o_payment_placeholder:contains('What is asked for')",
        },
        {
            content: "and no tags are left to be seen.",
            trigger:
                ".o_field_widget[name='body'] .odoo-editor-editable:not(:contains('{{'))",
        },
        {
            trigger:
                ".o_field_widget[name='body'] .odoo-editor-editable p:contains('Last')",
            run: "editor Changed",
        },
        {
            content: "A subject has chips, too,",
            trigger:
                ".o_field_widget[name='subject'] .o_payment_placeholder:contains('Your company')",
            run: () => {
                const line = document.querySelector(
                    ".o_field_widget[name='subject'] [contenteditable]"
                );
                line.focus();
                document.getSelection().selectAllChildren(line);
                document.getSelection().collapseToEnd();
                document.execCommand("insertText", false, " – your account");
            },
        },
        {
            content: "and is written in one line;",
            trigger:
                ".o_field_widget[name='subject'] [contenteditable]:contains('your account')",
            run: "press Enter",
        },
        {
            content: "the names are behind a button, for an SMS as well.",
            trigger: ".o_notebook .nav-link:contains('SMS')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='sms_body'] .fa-tag",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu .dropdown-item:contains('Link to pay')",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name='sms_body'] .o_payment_placeholder:contains('Link to pay')",
        },
        {
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
    ],
});
