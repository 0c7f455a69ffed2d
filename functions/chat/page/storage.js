/* Conversations in this browser's localStorage, one entry each, and an index of them. */

import { settled, titleOf } from "./conversation.js";

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} title
 * @property {number} updatedAt
 */

export class Conversations {
  /**
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage
   * @param {string} address  of the function: others may be served from the same origin
   */
  constructor(storage, address) {
    this.storage = storage;
    this.prefix = `chat:${address}:`;
  }

  /** The newest first. @returns {Entry[]} */
  list() {
    /** @type {Entry[]} */
    const entries = this.#read("index") ?? [];
    return entries.sort((one, other) => other.updatedAt - one.updatedAt);
  }

  /** @param {string} id @returns {import("./conversation.js").Conversation | null} */
  load(id) {
    const found = this.#read(conversationKey(id));
    return Array.isArray(found?.messages) ? settled(found) : null;
  }

  /** False if the browser has no room for it. @param {import("./conversation.js").Conversation} conversation */
  save(conversation) {
    const { id, updatedAt } = conversation;
    const others = this.list().filter((entry) => entry.id !== id);
    return this.#write(conversationKey(id), conversation) && this.#write("index", [{ id, title: titleOf(conversation), updatedAt }, ...others]);
  }

  /** @param {string} id */
  remove(id) {
    this.storage.removeItem(this.prefix + conversationKey(id));
    this.#write("index", this.list().filter((entry) => entry.id !== id));
  }

  /** True if a change that another tab made is one of ours. @param {string | null} key */
  owns(key) {
    return key === null || key.startsWith(this.prefix);
  }

  /** @param {string} name */
  #read(name) {
    try {
      return JSON.parse(this.storage.getItem(this.prefix + name) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {string} name @param {unknown} value */
  #write(name, value) {
    try {
      this.storage.setItem(this.prefix + name, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }
}

/** @param {string} id */
function conversationKey(id) {
  return `conversation:${id}`;
}

/** `window[name]`, or a store that forgets, where the browser keeps its own from the page. */
export function store(/** @type {"localStorage" | "sessionStorage"} */ name) {
  try {
    return window[name];
  } catch {
    /** @type {Map<string, string>} */
    const kept = new Map();
    return {
      getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
      removeItem: (/** @type {string} */ key) => void kept.delete(key),
    };
  }
}
