/* Deletes conversations, which the reader can undo for a while. During this time a running answer goes on. */

import { toast } from "./toast.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */

export class Deletions {
  /**
   * @param {import("./chat.js").Chat} chat
   * @param {(id: string) => void} open  shows this conversation, a new one for an empty id
   * @param {() => void} showList
   */
  constructor(chat, open, showList) {
    this.chat = chat;
    this.open = open;
    this.showList = showList;
    this.offer = { undo: () => this.#undo(), expire: () => this.#purge() };
    /** The conversations that can be restored, of several deletions together. @type {Map<string, Conversation>} */
    this.deleted = new Map();
    /** The id of the conversation that was current before it was deleted. */
    this.previousId = "";
  }

  /** @param {Conversation[]} conversations */
  delete(conversations) {
    for (const conversation of conversations) {
      conversation.deletedAt = Date.now();
      this.chat.conversations.save(conversation);
    }
    this.#offer(conversations);
  }

  /** Another tab has changed this conversation, and perhaps deleted or restored it. @param {Conversation} conversation */
  follow(conversation) {
    if (!conversation.deletedAt) this.#withdraw([conversation.id]);
    else if (conversation === this.chat.conversation) this.#offer([conversation]);
  }

  /** These conversations are gone for good. @param {string[]} ids */
  purged(ids) {
    this.#withdraw(ids);
    if (ids.includes(this.chat.conversation.id)) this.open("");
    else this.showList();
  }

  /** @param {Conversation[]} conversations */
  #offer(conversations) {
    for (const conversation of conversations) this.deleted.set(conversation.id, conversation);
    const count = this.deleted.size;
    if (!count) return;
    const text = count === 1 ? "Conversation deleted." : `${count} conversations deleted.`;
    toast.show(text, this.offer);
    if (!this.deleted.has(this.chat.conversation.id)) return this.showList();
    this.previousId = this.chat.conversation.id;
    this.open("");
  }

  /** @param {string[]} ids */
  #withdraw(ids) {
    const isOffered = this.deleted.size > 0;
    for (const id of ids) this.deleted.delete(id);
    if (isOffered && !this.deleted.size) toast.hide(this.offer);
  }

  #undo() {
    const restored = [...this.deleted.values()];
    this.deleted.clear();
    for (const conversation of restored) {
      conversation.deletedAt = 0;
      this.chat.conversations.save(conversation);
    }
    if (restored.some(({ id }) => id === this.previousId)) this.open(this.previousId);
    else this.showList();
  }

  #purge() {
    const ids = [...this.deleted.keys()];
    this.deleted.clear();
    this.chat.conversations.purge(ids);
  }
}
