"""Whoever prints a letter fetches nothing that somebody wrote into it."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lxml import html

from odoo.tests import HttpCase, tagged

from .test_reminder_letter import LetterCase

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)
FORMS = [
    '<img src="{}"/>',
    '<img src="data:image/png;base64,AAAA" srcset="{} 2x"/>',
    '<img src=x lowsrc="{}" dynsrc="{}" longdesc="{}"/>',
    '<p style="background-image: url({})">a</p>',
    "<p style=\"background: u\\72l('{}')\">b</p>",
    '<p style="list-style: URL(&quot;{}&quot;)">c</p>',
    "<p style=\"content: image-set('{}' 1x)\">d</p>",
    '<table background="{}"><tr><td background="{}">e</td></tr></table>',
    "<style>@import '{}'; p {{ background: url({}) }}</style>",
    '<link rel="stylesheet" href="{}"/>',
    '<base href="{}"/>',
    '<meta http-equiv="refresh" content="0; url={}"/>',
    '<iframe src="{}"></iframe><iframe srcdoc="&lt;img src=\'{}\'&gt;"></iframe>',
    '<object data="{}"></object><embed src="{}"/><applet code="{}"></applet>',
    '<svg><image href="{}" xlink:href="{}"/><use xlink:href="{}#a"/></svg>',
    '<svg><style>@import "{}";</style><feImage href="{}"/></svg>',
    "<img src=\"data:image/svg+xml,&lt;svg&gt;&lt;image href='{}'/&gt;&lt;/svg&gt;\"/>",
    '<video src="{}" poster="{}"></video><audio src="{}"><source src="{}"/></audio>',
    '<picture><source srcset="{}"/><img src="{}"/></picture>',
    '<input type="image" src="{}"/><form action="{}"><button formaction="{}"/></form>',
    "<script src=\"{}\"></script><script>new Image().src = '{}'</script>",
    '<body background="{}" onload="fetch(\'{}\')">f</body>',
    '<frameset><frame src="{}"/></frameset>',
    "<!--[if true]><img src='{}'/><![endif]--><?xml-stylesheet href='{}'?>",
    '<noscript><img src="{}"/></noscript><template><img src="{}"/></template>',
    '<math><mtext><img src="{}"/></mtext></math>',
    '<a href="#" ping="{}">g</a><area href="{}" ping="{}"/>',
    '<div class="header"><img src="{}"/></div><div class="article">h</div>',
]


class Ear(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.heard.append(self.path)
        self.send_response(200)
        self.end_headers()

    do_POST = do_HEAD = do_GET

    def log_message(self, *args):
        """Override: what is heard is kept, not printed."""


@tagged("post_install", "-at_install")
class TestLetterFetches(LetterCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
        self.server.heard = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def letter_of(self, body):
        """Return the letter of a text that is stored as it is."""
        reminder = self.remind(self.overdue())
        # Past every check: what was stored before there were any.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_reminder SET body = %s, closing = %s WHERE id = %s",
            (body, body, reminder.id),
        )
        reminder.invalidate_recordset()
        return reminder

    def test_no_form_of_reference_is_fetched(self):
        addresses = (self.address, "//" + self.address[7:], "file:///etc/passwd")
        body = "".join(
            form.replace("{{", "{").replace("}}", "}").replace("{}", f"{address}/{n}")
            for address in addresses
            for n, form in enumerate(FORMS)
        )
        reminder = self.letter_of(body)
        self.print(reminder)
        self.assertEqual(self.server.heard, [])
        tree = self.render_html(reminder)
        [article] = tree.find_class("article")
        for node in article.iter():
            for name, value in node.items():
                if name != "href" or node.tag != "a":
                    self.assertNotIn("127.0.0.1", value)
                    self.assertNotIn("file:", value)
                    self.assertFalse(name == "src" and value[:5] != "data:", value)
        named = set(
            "script style link meta base iframe frame object embed applet input".split()
        )
        self.assertFalse(named & {node.tag for node in article.iter()})

    def test_the_ear_hears(self):
        """The test above can fail: the engine does fetch what is left to it."""
        reminder = self.letter_of("<p>a</p>")
        view = self.env.ref("account_payment_request.report_payment_reminder_document")
        view.arch = view.arch.replace(
            '<div t-out="o._get_letter_text(o.closing)"/>',
            f'<img src="{self.address}/heard"/>',
        )
        self.print(reminder)
        self.assertIn("/heard", self.server.heard)

    def test_pictures_that_were_uploaded_are_printed(self):
        picture = self.env["ir.attachment"].create(
            {"name": "logo.png", "raw": base64.b64decode(PIXEL)}
        )
        token = picture.generate_access_token()[0]
        secret = picture.copy()
        drawing = self.env["ir.attachment"].create(
            {"name": "a.svg", "raw": b"<svg/>", "mimetype": "image/png", "public": True}
        )
        reminder = self.letter_of("")
        base = reminder.get_base_url()
        path = f"/web/image/{picture.id}"
        for address, printed in (
            (f"{path}?access_token={token}", True),
            (f"{path}-a1b2/logo.png?access_token={token}", True),
            (f"{base}{path}?access_token={token}", True),
            (f"data:image/png;base64,{PIXEL}", True),
            (f"{self.address}{path}?access_token={token}", False),
            (f"{path}?access_token=wrong", False),
            (f"{path}?access_token=é", False),
            (path, False),
            (f"/web/image/{secret.id}?access_token=", False),
            (f"/web/image/{drawing.id}", False),
            ("/web/image/999999999", False),
            ("/web/image/99999999999999999999", False),
            ("/web/session/logout", False),
            ("http://[", False),
        ):
            with self.subTest(address):
                text = reminder._get_letter_text(f'<p>x<img src="{address}"/>y</p>')
                sources = html.fromstring(text).xpath("//img/@src")
                self.assertEqual(len(sources), printed)
                for source in sources:
                    self.assertEqual(source, f"data:image/png;base64,{PIXEL}")

    def test_a_text_keeps_its_look_and_its_links(self):
        reminder = self.letter_of("")
        text = (
            '<p style="color: red; text-align: center">One <b>two</b> é &amp; '
            '<a href="https://example.com/pay/a">three</a></p>'
            '<table border="1"><tr><td colspan="2" width="3">4</td></tr></table>'
        )
        shown = reminder._get_letter_text(text)
        for part in (
            'style="color: red; text-align: center"',
            "<b>two</b>",
            "é &amp; ",
            'href="https://example.com/pay/a"',
            'colspan="2" width="3"',
        ):
            self.assertIn(part, shown)
        self.assertEqual(reminder._get_letter_text(False), "<div></div>")
