import {Component, onWillStart, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

/** The demo's day, and the way to the next one. */
export class DemoClock extends Component {
    static template = "payment_demo_clock.DemoClock";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({label: "", moving: false});
        onWillStart(() => this.call("get_today"));
    }

    async call(method) {
        const {label} = await this.orm.call("payment.demo.clock", method, []);
        this.state.label = label;
    }

    async goOn() {
        this.state.moving = true;
        try {
            await this.call("next_day");
        } finally {
            this.state.moving = false;
        }
        await this.action.doAction("soft_reload");
    }
}

registry
    .category("systray")
    .add("payment_demo_clock.DemoClock", {Component: DemoClock}, {sequence: 200});
