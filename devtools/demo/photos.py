"""Screenshots that the README shows: taken, scaled down, compressed."""

from pathlib import Path

from ..console import say
from ..paths import ROOT
from .browser import DESKTOP, Browser

FOLDER = ROOT / "static" / "description"
WIDE = {**DESKTOP, "width": 1360, "height": 860}
COLOURS = 128
# What the web client shows once it has nothing more to fetch.
LOADED = (
    "!!document.querySelector('.o_action_manager .o_action') && "
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
        browser.wait_for(to, to)
        browser.evaluate(
            f"document.querySelector('{to}').scrollIntoView({{block: 'center'}})"
        )
    browser.wait("!document.querySelector('.o_notification')", "the notices to go")
    # Avatars, charts and the chatter come after the view itself.
    browser.wait("[...document.images].every(image => image.complete)", "the images")
    browser.evaluate("new Promise(done => setTimeout(done, 1500))")
    browser.picture(FOLDER / name)
    compress(FOLDER / name, WIDE["width"])
