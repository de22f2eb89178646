const TYPED_INTO = "select, input[type=radio], .dropdown-menu, .o-autocomplete, .modal";

/**
 * Keys belong to what has the focus before they belong to the screen.
 *
 * @param {EventTarget} target what has the focus
 * @returns {Boolean} whether the screen may take a letter or an arrow
 */
export function isFree(target) {
    return !target?.closest?.(TYPED_INTO);
}

/**
 * @param {EventTarget} target what has the focus
 * @returns {Boolean} whether the screen may take Enter or Space, which press buttons
 */
export function isFreeToPress(target) {
    return isFree(target) && !target?.closest?.("button, a");
}
