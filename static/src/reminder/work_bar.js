import {Component, reactive, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/**
 * Long work goes on a slice a request, beside a bar that can stop it. It covers no more
 * than a corner: whoever waits may go on with something else.
 */
export const work = reactive({text: "", done: 0, total: 0, isStopped: false});

export class WorkBar extends Component {
    static template = "account_payment_request.WorkBar";
    static props = {};

    setup() {
        this.work = useState(work);
    }

    get percent() {
        return Math.round((100 * this.work.done) / this.work.total);
    }

    stop() {
        this.work.isStopped = true;
    }
}

registry
    .category("main_components")
    .add("PaymentReminderWorkBar", {Component: WorkBar});

/**
 * Show what became of the work where reminders are listed, and nowhere else: somebody
 * may be writing there.
 */
async function reload({services}) {
    const {view, props} = services.action.currentController || {};
    if (view?.multiRecord && props.resModel === "payment.reminder") {
        await services.action.doAction("soft_reload");
    }
}

/**
 * Go on until nothing is left, or somebody stops it.
 *
 * @param {Object} env
 * @param {Object} action as `_continue` of `payment.reminder` returns it
 */
async function goOn(env, action) {
    const {action: actions, orm} = env.services;
    work.isStopped = false;
    let next = action;
    try {
        while (next.tag === "payment_reminder_work") {
            const {context, text, done, total} = next.params;
            Object.assign(work, {text, done, total});
            const step = work.isStopped ? "action_stop" : "action_continue";
            next = await orm.silent.call("payment.reminder", step, [], {context});
        }
    } finally {
        work.text = "";
    }
    await actions.doAction(next);
    await reload(env);
}

registry.category("actions").add("payment_reminder_work", async (env, action) => {
    if (work.text) {
        const busy = _t("Something is still going on: wait for it, or stop it.");
        env.services.notification.add(busy, {type: "warning"});
    } else if (action.params.text) {
        // Not waited for: buttons would be locked until the end.
        goOn(env, action);
    } else {
        await goOn(env, action);
    }
    return {type: "ir.actions.act_window_close"};
});
