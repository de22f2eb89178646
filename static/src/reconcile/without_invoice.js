import {Component, useState} from "@odoo/owl";
import {RecordSelector} from "@web/core/record_selectors/record_selector";
import {ReconcileModel} from "./reconcile_model";

/** A line that pays no invoice: set aside to an account, or a customer's credit. */
export class WithoutInvoice extends Component {
    static template = "account_payment_request.ReconcileWithoutInvoice";
    static components = {RecordSelector};
    static props = {model: ReconcileModel, row: Object};

    setup() {
        this.state = useState({
            accountId: false,
            label: this.props.row.label,
            partnerId: this.props.model.likelyPartnerId(this.props.row),
        });
    }

    setAside() {
        if (this.state.accountId && !this.props.model.busy) {
            this.props.model.book(this.props.row, {
                account_id: this.state.accountId,
                label: this.state.label,
            });
        }
    }

    leaveAsCredit() {
        if (this.state.partnerId && !this.props.model.busy) {
            this.props.model.book(this.props.row, {
                partner_id: this.state.partnerId,
                credit: true,
            });
        }
    }
}
