import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("reminder_calls", {
    steps: () => [
        {
            content: "The dearest customer is called first.",
            trigger: ".o_data_row:first:contains('Paul Martin') td[name='partner_id']",
            run: "click",
        },
        {
            content: "He does not answer:",
            trigger:
                ".o_form_view:contains('Paul Martin') button[name='action_phone_outcome']:contains('No Answer')",
            run: "click",
        },
        {
            content: "the next customer is there, who promises,",
            trigger:
                ".o_form_view:contains('Marie Dupont') button[name='action_open_outcome']:contains('Promised')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='date'] input",
            run: "edit 12/31/2099",
        },
        {
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "and nobody is left to be called today.",
            trigger: ".o_list_view:contains('Nobody is to be called')",
        },
    ],
});
