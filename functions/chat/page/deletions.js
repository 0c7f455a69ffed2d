/* Deleting conversations, which the reader can undo for a while. Until then an answer that comes there goes on. */

import { find } from "./element.js";

const SHOWN_MS = 15_000;

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
    this.toast = new Toast();
    /** Those that can be restored, of several deletions together. @type {Map<string, Conversation>} */
    this.deleted = new Map();
    /** The conversation that was current before it was deleted. */
    this.leftId = "";
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
    this.toast.show(text, () => this.#undo(), () => this.#purge());
    if (!this.deleted.has(this.chat.conversation.id)) return this.showList();
    this.leftId = this.chat.conversation.id;
    this.open("");
  }

  /** @param {string[]} ids */
  #withdraw(ids) {
    const isOffered = this.deleted.size > 0;
    for (const id of ids) this.deleted.delete(id);
    if (isOffered && !this.deleted.size) this.toast.hide();
  }

  #undo() {
    const restored = [...this.deleted.values()];
    this.deleted.clear();
    for (const conversation of restored) {
      conversation.deletedAt = 0;
      this.chat.conversations.save(conversation);
    }
    if (restored.some(({ id }) => id === this.leftId)) this.open(this.leftId);
    else this.showList();
  }

  #purge() {
    const ids = [...this.deleted.keys()];
    this.deleted.clear();
    this.chat.conversations.purge(ids);
  }
}

/** A line that says what was done, and offers to undo it for a while. It stays while the reader points at it. */
class Toast {
  constructor() {
    this.element = find("#toast");
    /** @type {() => void} */
    this.undo = () => {};
    /** @type {() => void} */
    this.expire = () => {};
    find("#toast-undo").addEventListener("click", () => {
      this.hide();
      this.undo();
    });
    for (const name of ["pointerenter", "focusin"]) this.element.addEventListener(name, () => clearTimeout(this.timer));
    for (const name of ["pointerleave", "focusout"]) this.element.addEventListener(name, () => this.#wait());
  }

  /** @param {string} text @param {() => void} undo @param {() => void} expire  called once it is too late to undo */
  show(text, undo, expire) {
    find("#toast-text").textContent = text;
    this.undo = undo;
    this.expire = expire;
    this.element.hidden = false;
    this.#wait();
  }

  hide() {
    clearTimeout(this.timer);
    this.element.hidden = true;
  }

  #wait() {
    clearTimeout(this.timer);
    if (this.element.hidden) return;
    this.timer = setTimeout(() => {
      this.hide();
      this.expire();
    }, SHOWN_MS);
  }
}
