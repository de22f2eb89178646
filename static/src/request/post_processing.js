import {PaymentPostProcessing} from "@payment/interactions/post_processing";
import {patch} from "@web/core/utils/patch";

patch(PaymentPostProcessing, {
    /**
     * A transfer may stay pending for a business day: the payer is sent on to the
     * document instead of being kept on the status page.
     *
     * @override
     */
    getFinalStates(providerCode) {
        const states = super.getFinalStates(...arguments);
        if (providerCode === "bridge") {
            states.add("pending");
        }
        return states;
    },
});
