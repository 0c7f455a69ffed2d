/* All conversations of this browser: stored in the database, read into memory when they are opened, and kept in step with
 * other tabs. A change that cannot be stored stays in memory, and is stored with the next change that can. */

import { titleOf } from "./conversation.js";
import { Database } from "./database.js";
import { merge } from "./tree.js";

const KEEP_DELETED_MS = 600_000; // a conversation deleted longer ago can no longer be restored in any tab

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 * @typedef {import("./conversation.js").Summary} Summary
 *
 * @typedef {"" | "missing" | "full" | "lost" | "unreadable"} StorageProblem
 *   missing: the browser stores nothing. full: it has no room. lost: it deleted what it had stored. unreadable: it does
 *   not return what it has stored.
 *
 * @typedef {object} Change  of a conversation, as an import makes it
 * @property {Summary} summary
 * @property {Message[]} messages  those that are new or replaced
 * @property {string[]} removed  ids of messages
 *
 * @typedef {object} Callbacks
 * @property {(conversation: Conversation) => void} onChange  another tab has changed this conversation
 * @property {(ids: string[]) => void} onPurge  these conversations are gone for good
 * @property {(problem: StorageProblem) => void} onStorageProblem
 */

/** What the page says of each. @type {Record<StorageProblem, string>} */
export const STORAGE_NOTICES = {
  "": "",
  missing: "This browser stores nothing for this page: conversations and drafts will be lost when you close the tab. Export what you need.",
  full: "This browser has no room: the latest messages will be lost when you close the tab. Export the conversation, or delete others.",
  lost: "This browser has deleted its stored conversations. Only those that were opened in this tab remain.",
  unreadable: "This browser cannot read the messages of this conversation. Reload the page to try again.",
};

export class Conversations {
  /**
   * @param {string} prefix  of all keys of this function: others may be served from the same origin
   * @param {import("./tabs.js").Tabs} tabs
   * @param {Callbacks} callbacks
   */
  constructor(prefix, tabs, callbacks) {
    this.prefix = prefix;
    this.tabs = tabs;
    this.callbacks = callbacks;
    this.database = new Database(prefix, () => this.#restore());
    /** @type {Map<string, Conversation>} */
    this.all = new Map();
    /** @type {Map<string, Promise<void>>} */
    this.loads = new Map();
    /** @type {Set<Conversation>} */
    this.unsavedSummaries = new Set();
    /** @type {Map<Message, Conversation>} */
    this.unsaved = new Map();
    /** @type {StorageProblem} */
    this.problem = "";
  }

  /** Reads the list of conversations, not their messages. */
  async start() {
    await this.refresh();
    await this.#migrate();
    const old = [...this.all.values()].filter(({ deletedAt }) => deletedAt && deletedAt < Date.now() - KEEP_DELETED_MS);
    if (old.length) await this.purge(old.map(({ id }) => id));
  }

  /** Those that are not deleted, the newest first. @returns {Conversation[]} */
  list() {
    return [...this.all.values()].filter(({ deletedAt }) => !deletedAt).sort((one, other) => other.updatedAt - one.updatedAt);
  }

  /** The conversation with all its messages; null if there is none. @param {string} id */
  async load(id) {
    const conversation = this.all.get(id);
    if (!conversation || conversation.deletedAt) return null;
    if (!conversation.isLoaded) {
      conversation.isLoaded = true; // what other tabs send is merged from now on
      this.loads.set(id, this.#read(conversation));
    }
    await this.loads.get(id);
    return conversation;
  }

  /**
   * Stores a conversation and these of its messages, and sends them to other tabs.
   * @param {Conversation} conversation
   * @param {Message[]} messages  those that have changed
   */
  async save(conversation, ...messages) {
    this.all.set(conversation.id, conversation);
    conversation.revision += 1;
    if (conversation.isLoaded) conversation.title = titleOf(conversation);
    this.unsavedSummaries.add(conversation);
    for (const message of messages) this.unsaved.set(message, conversation);
    this.share(conversation, ...messages);
    await this.#store();
    // A tab that loads the conversation now may have missed the first message, and read the database before it changed.
    this.#post(conversation, messages);
  }

  /** All messages of a conversation. Messages that were not in memory before do not stay there. @param {Conversation} conversation @returns {Promise<Message[]>} */
  async messagesOf({ id, isLoaded, messages }) {
    await this.loads.get(id);
    return isLoaded ? messages : (await this.database.messages(id)).map(({ conversationId, ...message }) => message);
  }

  /** Makes all of these changes here, in the database and in other tabs, or none if there is no room. @param {Change[]} changes */
  async apply(changes) {
    const stored = changes.flatMap(({ summary, messages }) => messages.map((message) => ({ ...message, conversationId: summary.id })));
    const removed = changes.flatMap((change) => change.removed.map((id) => /** @type {[string, string]} */ ([change.summary.id, id])));
    await this.database.put(changes.map(({ summary }) => summary), stored, removed).catch((error) => {
      if (error instanceof DOMException && error.name === "QuotaExceededError") throw error;
      this.#report("missing");
    });
    for (const change of changes) {
      this.#replace(change);
      this.tabs.post({ type: "replace", change });
    }
  }

  /** Sends messages to other tabs. @param {Conversation} conversation @param {Message[]} messages */
  share(conversation, ...messages) {
    for (const message of messages) message.revision += 1;
    this.#post(conversation, messages);
  }

  /** Removes conversations for good. @param {string[]} ids */
  async purge(ids) {
    this.tabs.post({ type: "purge", ids });
    this.#forget(ids);
    await this.database.remove(ids).catch(() => {}); // they are marked as deleted, and removed at another start
  }

  /**
   * Takes over what another tab has sent.
   * @param {{ type: string, summary: Summary, messages: Message[], ids: string[], change: Change }} message
   * @param {(id: string) => boolean} isOwn  true for an answer that this tab receives: no other tab knows it better
   */
  receive({ type, summary, messages, ids, change }, isOwn) {
    if (type === "purge") this.#forget(ids);
    if (type === "replace") this.callbacks.onChange(this.#replace(change));
    if (type !== "change") return;
    const conversation = this.#take(summary);
    // Both tabs have stored their copy at the same moment, and the database may have the one without the newest name.
    if (labelledAt(conversation) > labelledAt(summary)) this.save(conversation);
    if (conversation.isLoaded) {
      for (const message of messages) if (!isOwn(message.id)) merge(conversation, message);
    }
    this.callbacks.onChange(conversation);
  }

  /** Reads the list again, and the messages of a conversation: this page may have slept. @param {Conversation} [shown] */
  async refresh(shown) {
    try {
      for (const summary of await this.database.summaries()) this.#take(summary);
    } catch {
      this.#report("missing");
    }
    if (shown && this.all.has(shown.id)) await this.#read(shown);
  }

  /** @param {Conversation} conversation */
  async #read(conversation) {
    try {
      for (const message of await this.database.messages(conversation.id)) merge(conversation, message);
    } catch {
      if (!conversation.messages.length) this.#report("unreadable");
    }
  }

  async #store() {
    const summaries = [...this.unsavedSummaries];
    const messages = [...this.unsaved];
    this.unsavedSummaries.clear();
    this.unsaved.clear();
    try {
      const stored = messages.map(([message, { id }]) => ({ ...message, conversationId: id }));
      await this.database.put(summaries.map(summaryOf), stored);
      if (this.problem !== "lost") this.#report("");
    } catch (error) {
      for (const conversation of summaries) this.unsavedSummaries.add(conversation);
      for (const [message, conversation] of messages) this.unsaved.set(message, conversation);
      this.#report(error instanceof DOMException && error.name === "QuotaExceededError" ? "full" : "missing");
    }
  }

  /** The browser has deleted the database: stores what is in memory, and forgets the rest. */
  async #restore() {
    for (const conversation of this.all.values()) {
      if (!conversation.isLoaded) continue;
      this.unsavedSummaries.add(conversation);
      for (const message of conversation.messages) this.unsaved.set(message, conversation);
    }
    await this.#store();
    const stored = new Set((await this.database.summaries().catch(() => [])).map(({ id }) => id));
    const lost = [...this.all.values()].filter(({ id, isLoaded }) => !isLoaded && !stored.has(id));
    this.#forget(lost.map(({ id }) => id));
    if (lost.length) this.#report("lost");
  }

  async #migrate() {
    if (!localKeys().some((key) => key.startsWith(`${this.prefix}conversation:`))) return;
    const { earlierConversations, removeEarlierConversations } = await import("./migration.js");
    const earlier = earlierConversations(localKeys(), this.prefix);
    for (const conversation of earlier) {
      const known = this.all.get(conversation.id);
      if (known) await this.load(known.id);
      const kept = known ?? conversation;
      for (const message of conversation.messages) merge(kept, message);
      this.all.set(kept.id, kept);
      this.unsavedSummaries.add(kept);
      for (const message of kept.messages) this.unsaved.set(message, kept);
    }
    await this.#store();
    if (!this.unsaved.size) removeEarlierConversations(localKeys(), this.prefix);
  }

  /** @param {Summary} summary @returns {Conversation} */
  #take(summary) {
    const known = this.all.get(summary.id);
    if (!known) {
      const conversation = { ...summary, messages: [], isLoaded: false };
      this.all.set(summary.id, conversation);
      return conversation;
    }
    const selected = { ...known.selected, ...summary.selected };
    const newest = labelsOf(labelledAt(known) > labelledAt(summary) ? known : summary);
    if (summary.revision >= known.revision) Object.assign(known, summary, { selected });
    if (labelledAt(newest)) Object.assign(known, newest);
    return known;
  }

  /** @param {Change} change */
  #replace({ summary, messages, removed }) {
    const known = this.all.get(summary.id);
    const conversation = known ?? { ...summary, messages: [], isLoaded: this.problem === "missing" };
    this.all.set(summary.id, conversation);
    Object.assign(conversation, summary);
    if (!conversation.isLoaded) return conversation;
    conversation.messages = conversation.messages.filter(({ id }) => !removed.includes(id));
    for (const message of messages) merge(conversation, { ...message });
    return conversation;
  }

  /** @param {string[]} ids */
  #forget(ids) {
    for (const id of ids) {
      const conversation = this.all.get(id);
      if (!conversation) continue;
      this.all.delete(id);
      this.unsavedSummaries.delete(conversation);
      for (const message of conversation.messages) this.unsaved.delete(message);
    }
    this.callbacks.onPurge(ids);
  }

  /** @param {Conversation} conversation @param {Message[]} messages */
  #post(conversation, messages) {
    this.tabs.post({ type: "change", summary: summaryOf(conversation), messages });
  }

  /** @param {StorageProblem} problem */
  #report(problem) {
    this.problem = problem;
    this.callbacks.onStorageProblem(problem);
  }
}

/** Keys of localStorage; none if the browser does not allow it. */
function localKeys() {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}

/** When the name or the pin was changed last. @param {Pick<Summary, "labelledAt">} summary */
function labelledAt(summary) {
  return summary.labelledAt ?? 0;
}

/** @param {Summary} summary */
function labelsOf({ title, name, isPinned, labelledAt }) {
  return { title, name, isPinned, labelledAt };
}

/** @param {Conversation} conversation @returns {Summary} */
function summaryOf({ messages, isLoaded, ...summary }) {
  return summary;
}
