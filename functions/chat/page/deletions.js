/* Deleting conversations, which the reader can undo for a while. Until then an answer that comes there goes on. */

/** @typedef {import("./conversation.js").Conversation} Conversation */

export class Deletions {
  /**
   * @param {import("./conversations.js").Conversations} conversations
   * @param {import("./toast.js").Toast} toast
   * @param {(conversations: Conversation[]) => void} onUndo
   */
  constructor(conversations, toast, onUndo) {
    this.conversations = conversations;
    this.toast = toast;
    this.onUndo = onUndo;
    /** Those that can be restored, several deletions at once. @type {Map<string, Conversation>} */
    this.deleted = new Map();
  }

  /** @param {Conversation[]} conversations */
  delete(conversations) {
    for (const conversation of conversations) {
      conversation.deletedAt = Date.now();
      this.conversations.save(conversation);
    }
    this.offer(conversations);
  }

  /** Offers to restore conversations, which another tab may have deleted. @param {Conversation[]} conversations */
  offer(conversations) {
    for (const conversation of conversations) this.deleted.set(conversation.id, conversation);
    const count = this.deleted.size;
    if (!count) return;
    const text = count === 1 ? "Conversation deleted." : `${count} conversations deleted.`;
    this.toast.show(text, () => this.#undo(), () => this.#purge());
  }

  /** Takes back the offer for conversations that are gone for good, or back. @param {string[]} ids */
  withdraw(ids) {
    const isOffered = this.deleted.size > 0;
    for (const id of ids) this.deleted.delete(id);
    if (isOffered && !this.deleted.size) this.toast.hide();
  }

  #undo() {
    const restored = [...this.deleted.values()];
    this.deleted.clear();
    for (const conversation of restored) {
      conversation.deletedAt = 0;
      this.conversations.save(conversation);
    }
    this.onUndo(restored);
  }

  #purge() {
    const ids = [...this.deleted.keys()];
    this.deleted.clear();
    this.conversations.purge(ids);
  }
}
