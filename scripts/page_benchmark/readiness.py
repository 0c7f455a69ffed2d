"""The time until the page is ready, with 100 conversations of 100 answers each in the browser."""

from statistics import median

from playwright.sync_api import BrowserContext

CONVERSATIONS = 100
ANSWERS = 100
LOADS = 7

# Stores the conversations as functions/chat/page/database.js does.
_FILL = """([name, conversations, answers]) => new Promise((resolve, reject) => {
    indexedDB.open(name).onsuccess = ({ target: { result } }) => {
        const transaction = result.transaction(["conversations", "messages"], "readwrite");
        const text = "## Part\\n\\nSome **text** with `code`.\\n\\n- a list\\n- of two\\n\\n"
            + "More words here. ".repeat(40);
        for (let number = 0; number < conversations; number += 1) {
            const id = `conversation-${number}`;
            transaction.objectStore("conversations").put({
                id, title: `Conversation ${number}`, revision: 1, updatedAt: number, model: null, system: null,
                selected: {}, deletedAt: 0,
            });
            let parentId = "";
            for (let index = 0; index < 2 * answers; index += 1) {
                const place = { conversationId: id, id: `${number}-${index}`, parentId };
                const message = { ...place, createdAt: index, revision: 1 };
                const content = index % 2
                    ? { role: "assistant", text, reasoning: "", state: "complete", owner: null, model: "m",
                        finishReason: "stop", promptTokens: 1, completionTokens: 1, firstTokenMs: 1, totalMs: 1,
                        dropped: 0, historyTokens: 0, failure: null }
                    : { role: "user", text: "A question of some length, as people ask it." };
                transaction.objectStore("messages").put({ ...message, ...content });
                parentId = message.id;
            }
        }
        transaction.oncomplete = () => { result.close(); resolve(); };
        transaction.onabort = () => reject(transaction.error);
    };
})"""


def ready_ms(context: BrowserContext, url: str) -> float:
    """The median of several loads of the page, with a full conversation open; milliseconds."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    prefix = page.evaluate("`chat:${location.pathname.replace(/\\/+$/, '')}:`")
    page.evaluate(_FILL, [prefix, CONVERSATIONS, ANSWERS])
    times = []
    for _ in range(LOADS):
        page.goto("about:blank")
        page.goto(f"{url}#conversation-50")
        page.wait_for_selector("html[data-ready]")
        times.append(float(page.evaluate("performance.getEntriesByName('ready')[0].startTime")))
        page.locator(".prose:not(:empty)").nth(ANSWERS - 1).wait_for(state="attached")
    page.close()
    return median(times)
