import {registry} from "@web/core/registry";
import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";

/** A call: once its answer is noted, the form shows the next one of the list. */
export class CallFormController extends FormController {
    get modelParams() {
        const params = super.modelParams;
        params.hooks.onRootLoaded = this.onRootLoaded.bind(this);
        return params;
    }

    async onRootLoaded(root) {
        const isDue = root.data.call_due;
        const isAnswered = this.dueId === root.resId && !isDue;
        this.dueId = isDue && root.resId;
        if (isAnswered) {
            await this.goOn(root);
        }
    }

    /** Show the next call that is due, or the list if it was the last one. */
    async goOn({resId, resIds, resModel}) {
        const index = resIds.indexOf(resId);
        const others = [...resIds.slice(index + 1), ...resIds.slice(0, index)];
        const due = await this.orm.search(resModel, [
            ["id", "in", others],
            ["call_due", "=", true],
        ]);
        const nextId = others.find((id) => due.includes(id));
        if (nextId) {
            await this.model.load({resId: nextId});
        } else {
            this.env.config.historyBack();
        }
    }
}

registry.category("views").add("payment_reminder_call", {
    ...formView,
    Controller: CallFormController,
});
