/** Accounts that can take an amount of this line without a customer. */
export function accountDomain(row, unfitTypes) {
    return [
        ["account_type", "not in", unfitTypes],
        ["company_ids", "parent_of", [row.company_id]],
    ];
}

/** Customers and suppliers of this line's company. */
export function partnerDomain(row) {
    return [
        ["company_id", "in", [false, row.company_id]],
        "|",
        ["parent_id", "=", false],
        ["is_company", "=", true],
    ];
}
