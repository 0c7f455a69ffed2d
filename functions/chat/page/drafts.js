/* What the reader has typed and not sent, per conversation. This tab's own text comes before that of other tabs. */

export class Drafts {
  /** @param {string} prefix @param {import("./local-store.js").LocalStore[]} stores  the tab's own first */
  constructor(prefix, stores) {
    this.prefix = `${prefix}draft:`;
    this.stores = stores;
  }

  /** Null if nothing was typed. @param {string} conversationId @returns {string | null} */
  get(conversationId) {
    const texts = this.stores.map((store) => store.get(this.prefix + conversationId));
    return texts.find((text) => text !== null) ?? null;
  }

  /** False if the text will not survive a reload. @param {string} conversationId @param {string} text */
  set(conversationId, text) {
    const isStored = this.stores.map((store) => store.set(this.prefix + conversationId, text || null));
    return isStored.some(Boolean);
  }
}
