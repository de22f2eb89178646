/* The page works without this file: it only saves the payer a few gestures. */
(() => {
    "use strict";

    // Who reads the page moves, types or taps; what scans its address does not.
    const {opened} = document.body.dataset;
    if (opened) {
        const gestures = [
            "pointerdown",
            "pointermove",
            "touchstart",
            "wheel",
            "keydown",
        ];
        const tell = (event) => {
            if (!event.isTrusted) {
                return;
            }
            for (const name of gestures) {
                window.removeEventListener(name, tell);
            }
            navigator.sendBeacon(opened);
        };
        for (const name of gestures) {
            window.addEventListener(name, tell, {passive: true});
        }
    }

    // Copy buttons: hidden in the page, since they need this script.
    for (const button of document.querySelectorAll("[data-copy]")) {
        if (!navigator.clipboard) {
            break;
        }
        button.hidden = false;
        button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(button.dataset.copy);
            const label = button.textContent;
            button.textContent = button.dataset.done;
            setTimeout(() => {
                button.textContent = label;
            }, 2000);
        });
    }

    // One tap is enough: the bank's page may take a few seconds to open.
    const form = document.querySelector("form[data-bank]");
    const button = form && form.querySelector("[data-wait]");
    if (button) {
        const label = button.textContent;
        form.addEventListener("submit", (event) => {
            if (event.submitter && event.submitter !== button) {
                return;
            }
            if (form.dataset.sent) {
                event.preventDefault();
                return;
            }
            form.dataset.sent = "1";
            button.setAttribute("aria-disabled", "true");
            button.textContent = button.dataset.wait;
        });
        // Coming back with the browser's arrow shows the page as it was left.
        window.addEventListener("pageshow", () => {
            delete form.dataset.sent;
            button.removeAttribute("aria-disabled");
            button.textContent = label;
        });
    }

    // The amount above follows the choice.
    const total = document.querySelector("[data-total]");
    for (const radio of document.querySelectorAll("input[data-amount]")) {
        const show = () => {
            if (radio.checked && total) {
                total.textContent = radio.dataset.amount;
            }
        };
        radio.addEventListener("change", show);
        window.addEventListener("pageshow", show);
    }

    // A page that waits for the bank asks less and less often, then stops.
    const waiting = document.querySelector("[data-status]");
    if (waiting) {
        const {status, state} = waiting.dataset;
        let delay = 3000;
        let asked = 0;
        const ask = async () => {
            asked += 1;
            try {
                const answer = await fetch(status, {cache: "no-store"});
                const body = answer.ok ? await answer.json() : {state};
                if (body.state !== state) {
                    window.location.reload();
                    return;
                }
            } catch (error) {
                // Offline for a moment: the next question may get through.
                console.info(error);
            }
            delay = Math.min(delay * 1.3, 60000);
            if (asked < 40) {
                setTimeout(ask, delay);
            }
        };
        setTimeout(ask, delay);
    }
})();
