import {Component, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {deserializeDate, formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";

const WIDTH = 300;
const HEIGHT = 56;
const MARGIN = 4;

/** The balance of an account over the last days; pointing at a day tells its balance. */
export class BalanceCurve extends Component {
    static template = "account_payment_request.BalanceCurve";
    static props = {
        values: {type: Array, element: Number},
        days: {type: Array, element: String},
        currencyId: Number,
    };

    setup() {
        this.width = WIDTH;
        this.height = HEIGHT;
        this.state = useState({index: null});
    }

    get points() {
        const {values} = this.props;
        const low = Math.min(...values);
        const span = Math.max(...values) - low;
        const usable = HEIGHT - 2 * MARGIN;
        return values.map((value, index) => ({
            x: (index * WIDTH) / Math.max(values.length - 1, 1),
            y: span ? MARGIN + usable * (1 - (value - low) / span) : HEIGHT / 2,
        }));
    }

    get line() {
        return this.points.map(({x, y}) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    }

    get area() {
        return `0,${HEIGHT} ${this.line} ${WIDTH},${HEIGHT}`;
    }

    /** Height of the zero line, when the account was in credit and overdrawn. */
    get zero() {
        const low = Math.min(...this.props.values);
        const high = Math.max(...this.props.values);
        if (low >= 0 || high <= 0) {
            return null;
        }
        return MARGIN + (HEIGHT - 2 * MARGIN) * (high / (high - low));
    }

    get isOverdrawn() {
        return this.props.values.at(-1) < 0;
    }

    get label() {
        return _t("Balance of the last %s days", this.props.days.length - 1);
    }

    /** What the day pointed at says, and where its mark stands. */
    get pointed() {
        const {index} = this.state;
        if (index === null) {
            return null;
        }
        const {x, y} = this.points[index];
        const amount = formatCurrency(this.props.values[index], this.props.currencyId);
        return {
            text: `${formatDate(deserializeDate(this.props.days[index]))} · ${amount}`,
            left: `${(100 * x) / WIDTH}%`,
            top: `${(100 * y) / HEIGHT}%`,
        };
    }

    onPoint(ev) {
        const box = ev.currentTarget.getBoundingClientRect();
        const last = this.props.values.length - 1;
        const share = (ev.clientX - box.left) / box.width;
        this.state.index = Math.min(last, Math.max(0, Math.round(share * last)));
    }

    onLeave() {
        this.state.index = null;
    }
}
