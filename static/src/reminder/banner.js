import {Component, onWillStart, useState} from "@odoo/owl";
import {ControlPanel} from "@web/search/control_panel/control_panel";
import {useService} from "@web/core/utils/hooks";

const SCREENS = [
    "payment.customer.balance",
    "payment.payer.profile",
    "payment.reminder",
    "payment.reminder.policy",
];

/** Above the screens of reminders: test mode, or that nobody said how they begin. */
export class ReminderBanner extends Component {
    static template = "account_payment_request.ReminderBanner";
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({notes: []});
        onWillStart(async () => {
            if (SCREENS.includes(this.env.searchModel?.resModel)) {
                this.state.notes = await this.orm.call(
                    "payment.reminder",
                    "get_banner"
                );
            }
        });
    }

    /** Ask how the reminders of a company begin. */
    begin(companyId) {
        this.action.doAction("account_payment_request.action_payment_reminder_start", {
            additionalContext: {default_company_id: companyId},
        });
    }
}

ControlPanel.components = {...ControlPanel.components, ReminderBanner};
