// Keys belong to what has the focus before they belong to the screen.
const TYPED_INTO = "select, input[type=radio], .dropdown-menu, .o-autocomplete, .modal";

/** Whether the screen may take a letter or an arrow while `target` has the focus. */
export function isFree(target) {
    return !target?.closest?.(TYPED_INTO);
}

/** Whether it may take Enter or Space too, which press buttons. */
export function isFreeToPress(target) {
    return isFree(target) && !target?.closest?.("button, a");
}
