import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("payment_request_life", {
    steps: () => [
        {
            content: "An invoice leads to its payment link.",
            trigger: "button[name='action_payment_request']:contains('To pay')",
            run: "click",
        },
        {
            content: "The link can be copied, and the page looked at.",
            trigger: ".o_field_widget[name='url'] .o_clipboard_button",
        },
        {
            trigger: "button[name='action_open_page']",
        },
        {
            content: "Sending opens the mail with the link written.",
            trigger: "button[name='action_send_email']",
            run: "click",
        },
        {
            trigger: ".modal .o_mail_composer_form_view, .modal .o_form_view",
        },
        {
            trigger: ".modal-header .btn-close",
            run: "click",
        },
        {
            content: "A withdrawn link cannot be sent any more.",
            trigger: "body:not(:has(.modal)) button[name='action_revoke']",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains('Revoked')",
        },
        {
            trigger: ".o_form_statusbar:not(:has(button[name='action_send_email']))",
        },
        {
            content: "Renewed, it is payable again.",
            trigger: "button[name='action_renew']",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains('To pay')",
        },
    ],
});

registry.category("web_tour.tours").add("payment_request_deposit", {
    steps: () => [
        {
            content: "A customer is asked for a fixed amount.",
            trigger: ".o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            trigger: ".o-dropdown-item:contains('Request Payment')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='amount'] input",
            run: "edit 250",
        },
        {
            trigger: ".modal .o_field_widget[name='description'] input",
            run: "edit Deposit for the order",
        },
        {
            trigger: ".modal button[name='action_create']",
            run: "click",
        },
        {
            content: "The request is there, to be sent.",
            trigger:
                ".o_field_widget[name='description']:contains('Deposit for the order')",
        },
        {
            trigger: "button[name='action_send_email']",
        },
    ],
});
