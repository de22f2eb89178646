"""``python -m simulator``: the simulator alone, until Ctrl-C or SIGTERM."""

import argparse
import signal
import threading

from .simulator import Simulator
from .texts import LANGUAGES


def parse(args=None):
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8070, help="0: any free port")
    parser.add_argument("--smtp-port", type=int, help="none: no mail server; 0: any")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="180: a bank's hour takes 20 seconds"
    )
    parser.add_argument("--language", choices=LANGUAGES, help="the browser's if none")
    parser.add_argument("--client-id", default="sim-client")
    parser.add_argument("--client-secret", default="sim-secret")
    parser.add_argument("--webhook-secret", default="sim-webhook")
    parser.add_argument("--webhook-url", help="where events are posted")
    parser.add_argument("--state-file", help="JSON file that survives a restart")
    return parser.parse_args(args)


def main(args=None):
    """Run until told to stop."""
    options = parse(args)
    sim = Simulator(
        options.host,
        options.port,
        speed=options.speed,
        language=options.language,
        client_id=options.client_id,
        client_secret=options.client_secret,
        webhook_secret=options.webhook_secret,
        smtp_port=options.smtp_port,
        state_file=options.state_file,
    )
    # alone it is as strict as Bridge; tests choose
    sim.user_limit.calls = 60
    if options.webhook_url:
        sim.set_webhook(options.webhook_url)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with sim:
        print(f"Bridge simulator: {sim.url}", flush=True)
        if sim.smtp_port:
            print(f"Mail server: {options.host}:{sim.smtp_port}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
