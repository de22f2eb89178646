"""Take the README's pictures from a running demo.

    python -m devtools.demo_pictures --odoo URL --simulator URL --database NAME

The demo should be fresh (``./dev demo --reset``): the story it shows is made here.
"""

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from .console import say
from .demo_browser import DESKTOP, PHONE, Browser
from .demo_check import PAY, Story
from .demo_rpc import Odoo
from .paths import ROOT

FOLDER = ROOT / "static" / "description"
WIDE = {**DESKTOP, "width": 1360, "height": 860}
COLOURS = 128
BRITISH_BANK = 9203
# What the web client shows once it has nothing more to fetch.
LOADED = (
    "!!document.querySelector('.o_action_manager .o_view_controller') && "
    "!document.querySelector('.o_blockUI, .o_loading_indicator')"
)


def compress(path: Path, width: int, margin: int | None = None) -> None:
    """Scale a picture down to ``width`` and reduce its colours.

    :param margin: how much white is left around what is printed, None for all
    """
    from PIL import Image, ImageOps  # in the development environment only

    picture = Image.open(path).convert("RGB")
    if margin is not None:
        left, top, right, bottom = ImageOps.invert(picture.convert("L")).getbbox()
        box = (left - margin, top - margin, right + margin, bottom + margin)
        picture = picture.crop(box)
    if picture.width > width:
        tall = round(picture.height * width / picture.width)
        picture = picture.resize((width, tall), Image.Resampling.LANCZOS)
    picture.quantize(COLOURS).save(path, optimize=True)
    say(f"  {path.relative_to(ROOT)} {path.stat().st_size // 1000} kB")


def log_in(browser: Browser, user: Odoo, url: str) -> None:
    """Give the browser the session of a user."""
    host = urlsplit(url).hostname
    browser.call(
        "Network.setCookie", name="session_id", value=user.session_id, domain=host
    )


def show(browser: Browser, url: str, name: str, *, to: str = "", tap: str = "") -> None:
    """Open a page of the web client and keep what it shows.

    :param to: selector of what is scrolled to
    :param tap: selector of what is tapped first
    """
    browser.open(url)
    browser.wait(LOADED, f"{url} to load")
    if tap:
        browser.tap(tap)
        browser.wait(LOADED, f"{tap} to load")
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=800)
    if to:
        browser.wait(f"!!document.querySelector('{to}')", to)
        browser.evaluate(
            f"document.querySelector('{to}').scrollIntoView({{block: 'center'}})"
        )
    # Avatars, charts and the chatter come after the view itself.
    browser.wait("[...document.images].every(image => image.complete)", "the images")
    browser.evaluate("new Promise(done => setTimeout(done, 1500))")
    browser.picture(FOLDER / name)
    compress(FOLDER / name, WIDE["width"])


def take(story: Story) -> None:
    """Make the story's states and photograph them."""
    story.camille = Odoo(story.url, story.database, "camille", "camille")
    admin = Odoo(story.url, story.database, "admin", "admin")
    # Readers of the README read English: so does the company, for the pictures.
    company = admin.read("res.company", admin.company, "partner_id")
    partner = company["partner_id"][0]
    admin.call("res.partner", "write", [partner], {"lang": "en_US"})
    london = story.existing("Harbour & Finch Ltd")
    FOLDER.mkdir(parents=True, exist_ok=True)
    mail = story.send(london, "accounts@harbour-finch")
    story.scan(story.world.file(mail["id"], 0))
    compress(FOLDER / "invoice_pdf.png", 900, margin=40)
    with Browser(PHONE, "en") as story.phone:
        story.phone.open(london["payment_request_url"])
        story.phone.wait(f"!!document.querySelector('{PAY}')", "the button to pay")
        story.phone.picture(FOLDER / "pay_phone.png")
        compress(FOLDER / "pay_phone.png", PHONE["width"])
        story.pay(story.existing("Karim Benali"), "id-pdng-rjct")
        story.pay(story.existing("Cabinet dentaire Aubrac"), "id-acsc")
    with Browser({**DESKTOP, "height": 800}, "en") as desktop:
        desktop.open(london["payment_request_url"])
        desktop.wait(f"!!document.querySelector('{PAY}')", "the button to pay")
        desktop.picture(FOLDER / "pay_desktop.png")
        compress(FOLDER / "pay_desktop.png", DESKTOP["width"])
    with Browser(PHONE, "en") as story.phone:
        story.pay(london, "id-pdng", bank=BRITISH_BANK)
    karim = story.existing("Karim Benali")
    story.world.do("settle", link=story.link_of(story.transaction(karim)))
    with Browser(WIDE, "en") as office:
        log_in(office, story.camille, story.url)
        action = "action-account_payment_request.action_payment_request"
        listing = f"{story.url}/odoo/{action}"
        show(
            office, f"{story.url}/odoo/customer-invoices/{london['id']}", "invoice.png"
        )
        show(office, listing, "payment_requests.png")
        show(office, listing, "kanban.png", tap=".o_switch_view.o_kanban")
        log_in(office, admin, story.url)
        show(
            *(office, f"{story.url}/odoo/settings#account", "settings.png"),
            to="#payment_request_bridge",
        )
    with Browser({**WIDE, "height": 1240}, "en") as office:
        log_in(office, story.camille, story.url)
        request = f"{listing}/{london['payment_request_id'][0]}"
        show(office, request, "payment_request.png")


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--odoo", required=True, help="address of Odoo")
    parser.add_argument("--simulator", required=True, help="address of the simulator")
    parser.add_argument("--database", required=True)
    options = parser.parse_args()
    options.pictures = str(FOLDER)
    take(Story(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
