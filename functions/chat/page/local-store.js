/* `localStorage` and `sessionStorage`, or a store in memory if the browser does not allow them; and the drafts in both. */

/**
 * @typedef {object} LocalStore
 * @property {(key: string) => string | null} get
 * @property {(key: string, value: string | null) => boolean} set  null removes; false if it is not stored
 */

/** @param {"localStorage" | "sessionStorage"} name @returns {LocalStore} */
export function localStore(name) {
  /** @type {Map<string, string | null>} */
  const unsaved = new Map();
  return {
    get: (key) => {
      const kept = unsaved.get(key);
      if (kept !== undefined) return kept;
      try {
        return window[name].getItem(key);
      } catch {
        return null;
      }
    },
    set: (key, value) => {
      unsaved.set(key, value);
      try {
        if (value === null) window[name].removeItem(key);
        else window[name].setItem(key, value);
        if (window[name].getItem(key) !== value) return false;
      } catch {
        return false;
      }
      unsaved.delete(key);
      return true;
    },
  };
}

/** One value of a store. @param {LocalStore} store @param {string} key */
export function entry(store, key) {
  return { get: () => store.get(key), set: (/** @type {string} */ value) => store.set(key, value) };
}

/** What the reader has typed and not sent, per conversation. This tab's own text takes precedence over that of other tabs. */
export class Drafts {
  /** @param {string} prefix @param {LocalStore[]} stores  the tab's own first */
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
