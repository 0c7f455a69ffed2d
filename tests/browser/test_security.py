"""An answer is text, whatever it says: it runs nothing, loads nothing, and cannot look like a part of the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.proxy import Proxy

ANSWERS = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<img src=https://evil.test/pixel.png>",
    "![](https://evil.test/pixel.png)",
    "![x](//evil.test/pixel.png)",
    "![x](?message=an+image+that+asks)",
    "![x](/function/chat?message=an+image+that+asks)",
    "![x][ref]\n\n[ref]: https://evil.test/pixel.png",
    '![x](https://evil.test/a.png "onerror=window.hacked=1")',
    '![" onerror="window.hacked=1](data:image/png;base64,iVBORw0KGgo=)',
    "![x](data:image/svg+xml,<svg onload=window.hacked=1>)",
    "<svg onload=window.hacked=1><animate onbegin=window.hacked=1 attributeName=x dur=1s></svg>",
    "<iframe src=javascript:window.hacked=1></iframe>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<object data=javascript:window.hacked=1></object><embed src=javascript:window.hacked=1>",
    "<style>@import 'https://evil.test/x.css'; body { display: none }</style>",
    "<link rel=stylesheet href=https://evil.test/x.css>",
    "<base href=https://evil.test/>",
    "<meta http-equiv=refresh content='0;url=https://evil.test/'>",
    "<form action=https://evil.test/><input name=q><button>Send</button></form>",
    "<video src=https://evil.test/v.mp4 autoplay onloadstart=window.hacked=1></video>",
    "<details open ontoggle=window.hacked=1><summary>x</summary></details>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=1></style></mglyph></table></mtext></math>",
    '<noscript><p title="</noscript><img src=x onerror=window.hacked=1>"></noscript>',
    "<template><img src=x onerror=window.hacked=1></template>",
    "<a href=javascript:window.hacked=1>raw</a>",
    "[link](javascript:window.hacked=1)",
    "[link](JaVaScRiPt:window.hacked=1)",
    "[link](java&#115;cript:window.hacked=1)",
    "[link](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;window.hacked=1)",
    "[link](<java\tscript:window.hacked=1>)",
    "[link](\x01javascript:window.hacked=1)",
    "[link](vbscript:window.hacked=1)",
    "[link](data:text/html,<script>window.hacked=1</script>)",
    "[link](?message=a+link+that+asks)",
    "[ref]\n\n[ref]: javascript:window.hacked=1",
    "<javascript:window.hacked=1>",
    '[link](https://example.com "\\" onmouseover=\\"window.hacked=1")',
    '[link](https://example.com/"onmouseover="window.hacked=1)',
    '```"><img/src=x/onerror=window.hacked=1>\n<script>window.hacked = 1</script>\n```',
    "```js onload=window.hacked=1\nx\n```",
    "`<img src=x onerror=window.hacked=1>`",
    "| <img src=x onerror=window.hacked=1> |\n|---|\n| <script>window.hacked=1</script> |",
    "<br onclick=window.hacked=1><br/>",
    "# <img src=x onerror=window.hacked=1>",
    "- <svg/onload=window.hacked=1>\n- > <script>window.hacked=1</script>",
    "<div id=composer class=toast style='position:fixed;inset:0'>over the page</div>",
    "<input name=getElementById><form id=status><input id=messages></form>",
    "<![CDATA[<img src=x onerror=window.hacked=1>]]><!-- --!><img src=x onerror=window.hacked=1> -->",
    "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>window.hacked=1</x:script>",
    "&lt;img src=x onerror=window.hacked=1&gt;",
    "{{constructor.constructor('window.hacked=1')()}} ${window.hacked=1}",
    "\u2028<img src=x onerror=window.hacked=1>\u2029\u202egnp.exe\ufeff\x00",
    "https://evil.test/<script>window.hacked=1</script>",
]

ELEMENTS = {
    "A", "BLOCKQUOTE", "BR", "BUTTON", "CODE", "DEL", "DIV", "EM", "H3", "H4", "H5", "H6", "HR", "IMG", "LI", "OL", "P",
    "PRE", "SPAN", "STRONG", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL",
}  # fmt: skip

# A script: each answer is shown alone in the conversation, while it grows letter by letter and once it is complete.
GROW_EACH = """async (answers) => {
    const version = new URL(document.querySelector("script").src).searchParams.get("v");
    const { MarkdownView } = await import(`${location.pathname}/assets/${version}/markdown.js`);
    for (const answer of answers) {
        const element = document.createElement("div");
        element.className = "prose";
        document.querySelector("#messages").append(element);
        const view = new MarkdownView(element);
        for (let end = 1; end <= answer.length; end += 1) view.show(answer.slice(0, end));
        view.finish();
        if (!element.firstChild) throw new Error(`nothing is shown of ${answer}`);
    }
}"""


def test_no_answer_runs_or_loads_anything(chat: ChatPage, page: Page, proxy: Proxy) -> None:
    asked: list[str] = []
    opened: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    page.on("popup", lambda popup: opened.append(popup.url))
    page.evaluate(GROW_EACH, ANSWERS)
    everything = "\n\n".join(ANSWERS)
    chat.ask(f"echo: {everything}")
    page.locator(".prose").last.hover()
    found = page.evaluate(
        """() => [...document.querySelectorAll(".prose *")].map((element) => [
            element.tagName,
            Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
        ])"""
    )
    assert {name for name, _ in found} <= ELEMENTS
    for name, attributes in found:
        assert not [attribute for attribute in attributes if attribute.startswith("on")], attributes
        assert not {"style", "id", "name", "srcdoc", "formaction"} & attributes.keys(), attributes
        if name == "IMG":
            assert attributes["src"].startswith("data:image/png")
        if name == "A" and "href" in attributes:
            assert attributes["href"].startswith(("https://", "mailto:"))
            assert attributes["target"] == "_blank"
            assert attributes["rel"].startswith("noopener noreferrer")
        if "href" in attributes or "src" in attributes:
            assert name in ("A", "IMG")
    assert page.evaluate("window.hacked") is None
    assert opened == []
    origin = f"http://127.0.0.1:{proxy.port}/"
    assert [url for url in asked if not url.startswith((origin, "data:image/png"))] == []
    assert len(proxy.questions()) == 1
    assert [seen.path for seen in proxy.seen if "message=" in seen.path] == []


@pytest.mark.parametrize("complaints", [["violates the following Content Security Policy"]])  # while it is parsed
def test_the_sanitiser_alone_would_be_enough(chat: ChatPage, page: Page, complaints: list[str]) -> None:  # noqa: ARG001
    raw = [*ANSWERS, "<p onclick=x style=color:red class=toast id=y data-do=stop aria-live=assertive>x</p>", "<b>x</b>"]
    found = page.evaluate(
        """async (raw) => {
            const version = new URL(document.querySelector("script").src).searchParams.get("v");
            const { sanitized } = await import(`${location.pathname}/assets/${version}/markdown.js`);
            const made = raw.flatMap((html) => [...sanitized(html).querySelectorAll("*")]);
            return made.map((element) => [element.tagName, element.getAttributeNames(), element.getAttribute("src")]);
        }""",
        raw,
    )
    assert {source.partition(",")[0] for *_, source in found if source} <= {"data:image/png;base64"}
    assert {name for name, *_ in found} <= ELEMENTS - {"BUTTON", "DIV", "SPAN"}
    assert {name for _, names, _ in found for name in names} <= {"href", "src", "alt", "title", "target", "rel"}
    expect(chat.messages).to_have_count(0)
    assert page.evaluate("window.hacked") is None


def test_neither_a_message_nor_a_title_is_markup(chat: ChatPage, page: Page) -> None:
    text = "<img src=x onerror=window.hacked=1><b>bold</b>"
    chat.ask(text)
    expect(page.locator(".prompt__text")).to_have_text(text)
    expect(page.locator("#title")).to_have_text(text)
    expect(page.locator(".conversations__link")).to_have_text(text)
    assert page.evaluate("window.hacked") is None


def test_the_text_of_markup_can_be_read(chat: ChatPage) -> None:
    chat.ask("echo: Use <b>bold</b>, <br> and <script>alert(1)</script>.")
    expect(chat.answer).to_have_text("Use <b>bold</b>,  and <script>alert(1)</script>.")


OFFENCES = {
    "require-trusted-types-for": "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
    "trusted-types": "trustedTypes.createPolicy('mine', {})",
    "img-src": "new Image().src = 'https://evil.test/x.png'",
    "connect-src": "fetch('https://evil.test/').catch(() => {})",
    "style-src-attr": "document.body.setAttribute('style', 'color: red')",
    "frame-src": "document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://evil.test/' }))",
    "base-uri": "document.head.append(Object.assign(document.createElement('base'), { href: 'https://evil.test/' }))",
}


@pytest.mark.parametrize("complaints", [[""]])
def test_the_policy_alone_would_be_enough(chat: ChatPage, complaints: list[str]) -> None:  # noqa: ARG001
    for directive, offence in OFFENCES.items():
        broken = chat.page.evaluate(
            """() => new Promise((resolve) => {
                const told = ({ effectiveDirective }) => resolve(effectiveDirective);
                document.addEventListener("securitypolicyviolation", told, { once: true });
                try { OFFENCE } catch { /* told by the event */ }
            })""".replace("OFFENCE", offence)
        )
        assert broken == directive


def test_an_image_from_elsewhere_becomes_a_link(chat: ChatPage) -> None:
    chat.ask("echo: ![A cat](https://example.com/cat.png) ![](data:image/gif;base64,R0lGODlhAQABAAAAACw=)")
    expect(chat.answer.get_by_role("link", name="A cat")).to_have_attribute("href", "https://example.com/cat.png")
    expect(chat.answer.locator("img")).to_have_count(1)


def test_no_cookies_and_no_foreign_origin(chat: ChatPage, proxy: Proxy) -> None:
    chat.ask("Hello")
    assert chat.page.context.cookies() == []
    assert all("Cookie" not in seen.headers for seen in proxy.seen)
