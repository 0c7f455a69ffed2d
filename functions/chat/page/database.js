/* Conversations in IndexedDB: one record per conversation, one per message. Nothing is loaded that is not shown. */

const LOSS_MS = 300; // the browser closes a database a moment before it deletes it
const OPEN_MS = 3_000; // some browsers never answer an open() that they do not allow

/**
 * @typedef {import("./conversation.js").Summary} Summary
 * @typedef {import("./conversation.js").Message} Message
 * @typedef {Message & { conversationId: string }} StoredMessage
 */

export class Database {
  /** @param {string} name @param {() => void} onLoss  called when the browser has deleted the database */
  constructor(name, onLoss) {
    this.name = name;
    this.onLoss = onLoss;
    /** @type {Promise<IDBDatabase> | null} */
    this.opened = null;
  }

  /** @returns {Promise<Summary[]>} */
  async summaries() {
    const transaction = (await this.#open()).transaction("conversations");
    return result(transaction.objectStore("conversations").getAll());
  }

  /** The messages of one conversation, in no particular order. @param {string} id @returns {Promise<StoredMessage[]>} */
  async messages(id) {
    const transaction = (await this.#open()).transaction("messages");
    return result(transaction.objectStore("messages").getAll(ofConversation(id)));
  }

  /**
   * Stores all of these or none. Rejects with the browser's error, QuotaExceededError if it has no room.
   * @param {Summary[]} summaries
   * @param {StoredMessage[]} messages
   * @param {[string, string][]} [removed]  messages, each as the id of its conversation and its own
   */
  async put(summaries, messages, removed = []) {
    await this.#write((transaction) => {
      for (const summary of summaries) transaction.objectStore("conversations").put(summary);
      for (const key of removed) transaction.objectStore("messages").delete(key);
      for (const message of messages) transaction.objectStore("messages").put(message);
    });
  }

  /** @param {string[]} ids  of conversations */
  async remove(ids) {
    await this.#write((transaction) => {
      for (const id of ids) {
        transaction.objectStore("conversations").delete(id);
        transaction.objectStore("messages").delete(ofConversation(id));
      }
    });
  }

  /** @param {(transaction: IDBTransaction) => void} change */
  async #write(change) {
    const transaction = (await this.#open()).transaction(["conversations", "messages"], "readwrite");
    const isDone = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    change(transaction);
    transaction.commit(); // the page may be gone before the browser would commit by itself
    await isDone;
  }

  #open() {
    this.opened ??= open(this.name).then((database) => {
      database.onclose = () => this.#lose();
      database.onversionchange = () => {
        database.close();
        this.#lose();
      };
      return database;
    });
    return this.opened;
  }

  #lose() {
    this.opened = null;
    setTimeout(this.onLoss, LOSS_MS);
  }
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function open(name) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("IndexedDB does not open")), OPEN_MS);
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("conversations", { keyPath: "id" });
      request.result.createObjectStore("messages", { keyPath: ["conversationId", "id"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {string} id */
function ofConversation(id) {
  return IDBKeyRange.bound([id], [id, []]);
}
