"""The page's database: what a test writes into it, and scripts that make it fail."""

from typing import Any

# A script: stores conversations, of which each is [id, fields of its summary, its messages].
STORE = """(conversations) => new Promise((resolve, reject) => {
    indexedDB.open("chat:/function/chat:").onsuccess = ({ target: { result } }) => {
        const transaction = result.transaction(["conversations", "messages"], "readwrite");
        for (const [id, fields, messages] of conversations) {
            const summary = { revision: 1, updatedAt: 0, model: null, system: null, selected: {}, deletedAt: 0 };
            transaction.objectStore("conversations").put({ ...summary, ...fields, id });
            for (const message of messages) transaction.objectStore("messages").put({ ...message, conversationId: id });
        }
        transaction.oncomplete = () => { result.close(); resolve(); };
        transaction.onabort = () => reject(transaction.error);
    };
})"""

WITHOUT_INDEXEDDB = {
    "missing": "Object.defineProperty(window, 'indexedDB', { value: undefined })",
    "throws": "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError') } })",
    "refuses": "IDBFactory.prototype.open = () => { throw new DOMException('no', 'UnknownError') }",
    "never answers": "IDBFactory.prototype.open = () => ({})",
}
FULL = """() => {
    window.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError") };
}"""


def prompt(text: str, message_id: str = "a", parent: str = "") -> dict[str, Any]:
    """A prompt as an earlier release of the page has stored it."""
    return {"id": message_id, "parentId": parent, "createdAt": 1, "revision": 1, "role": "user", "text": text}


def answer(text: str, message_id: str, parent: str, created_at: int = 2, **fields: Any) -> dict[str, Any]:
    stored = prompt(text, message_id, parent) | {"role": "assistant", "reasoning": "", "createdAt": created_at}
    stored |= {"state": "complete", "owner": None, "model": None, "finishReason": "stop", "failure": None}
    numbers = ("promptTokens", "completionTokens", "totalMs", "dropped", "historyTokens")
    return stored | dict.fromkeys(numbers, 0) | {"firstTokenMs": None} | fields
