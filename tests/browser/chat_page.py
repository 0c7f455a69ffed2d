"""The chat page as its reader uses it: what can be pressed, written and read there."""

from playwright.sync_api import Locator, Page, expect

# A script: all that the page's databases contain, as JSON.
STORED = """async () => {
    const databases = await indexedDB.databases();
    const contents = await Promise.all(databases.map(({ name }) => new Promise((resolve) => {
        indexedDB.open(name).onsuccess = ({ target: { result } }) => {
            const stores = ["conversations", "messages"];
            const transaction = result.transaction(stores);
            const requests = stores.map((store) => transaction.objectStore(store).getAll());
            transaction.oncomplete = () => {
                result.close();
                resolve(requests.map((request) => request.result));
            };
        };
    })));
    return JSON.stringify(contents);
}"""


class ChatPage:
    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.prompt = page.get_by_label("Your message", exact=True)
        self.stop_button = page.get_by_role("button", name="Stop")
        self.send_button = page.get_by_role("button", name="Send", exact=True)
        self.messages = page.locator(".message")
        self.answers = page.locator(".answer")
        self.failure = page.locator(".failure:visible")
        self.status = page.locator("#status")

    def open(self) -> "ChatPage":
        self.page.goto(self.url)
        self.wait_until_ready()
        return self

    def wait_until_ready(self, *, is_configured: bool = True) -> None:
        """Returns when the page can be used and has the function's configuration, which it requests last."""
        expect(self.page.locator("html")).to_have_attribute("data-ready", "")
        if is_configured:
            expect(self.page.locator("html")).to_have_attribute("data-configured", "")

    @property
    def answer(self) -> Locator:
        """The text of the last answer."""
        return self.answers.last.locator(".prose")

    def say(self, text: str) -> None:
        """Writes and sends a message."""
        self.prompt.fill(text)
        self.prompt.press("Enter")

    def ask(self, text: str) -> None:
        """Sends a message, and waits for the end of its answer."""
        self.say(text)
        self.wait_for_end()

    def wait_for_end(self) -> None:
        # The page announces the end of an answer to screen readers last.
        expect(self.status).not_to_have_text("Sent. Waiting for the answer.")
        expect(self.stop_button).to_be_hidden()

    def button(self, name: str) -> Locator:
        """The last visible button of this name."""
        return self.page.get_by_role("button", name=name, exact=True).last

    def open_menu(self, conversation: str) -> None:
        options = self.page.get_by_role("button", name=f"Options for “{conversation}”", exact=True)
        options.locator("xpath=..").hover()
        options.click()

    def choose(self, conversation: str, item: str) -> None:
        """Chooses from the menu of the conversation with this title."""
        self.open_menu(conversation)
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def wait_until_below_px(self, least: int, most: int) -> None:
        """Returns when the height of the page below the window is within these bounds."""
        self.page.evaluate(
            """([least, most]) => new Promise((resolve) => {
                const look = () => {
                    const left = document.documentElement.scrollHeight - innerHeight - scrollY;
                    if (left >= least && left <= most) resolve(); else requestAnimationFrame(look);
                };
                look();
            })""",
            [least, most],
        )
