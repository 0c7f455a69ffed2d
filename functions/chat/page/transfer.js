/* Exports all conversations as a file, and imports such a file. */

import { find, setText } from "./element.js";
import { take } from "./imports.js";
import { delay } from "./tabs.js";
import { toast } from "./toast.js";
import { FileProblem, LARGEST_FILE, read, write } from "./transfer-file.js";

const BATCH = 10;

export class Transfer {
  /** @param {import("./library.js").Page} page */
  constructor({ chat, showSidebar, open }) {
    this.chat = chat;
    this.showSidebar = showSidebar;
    this.open = open;
    this.problem = find("#transfer-problem");
    this.field = document.createElement("input");
    this.field.type = "file";
    this.field.accept = ".json,application/json";
    this.field.addEventListener("change", () => this.#import());
  }

  /** Offers all conversations as one file. */
  async exportAll() {
    const { conversations } = this.chat;
    setText(this.problem, "");
    const all = conversations.list();
    if (!all.length) return setText(this.problem, "There are no conversations to export.");
    try {
      /** @type {BlobPart[]} */
      const parts = [];
      const whole = [];
      for (const conversation of all) {
        whole.push({ ...conversation, messages: await conversations.messagesOf(conversation) });
        if (whole.length % BATCH === 0) await delay(0); // the page goes on meanwhile
      }
      parts.push(...write(whole, new Date()));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(parts, { type: "application/json" }));
      link.download = `conversations-${new Date().toLocaleDateString("sv")}.json`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      setText(this.problem, error instanceof FileProblem ? `Not exported: ${error.message}` : "Not exported: this browser cannot read all messages. Reload the page to try again.");
    }
  }

  /** Lets the reader choose a file. */
  chooseFile() {
    setText(this.problem, "");
    this.field.value = "";
    this.field.click();
  }

  async #import() {
    const [file] = this.field.files ?? [];
    if (!file) return;
    try {
      if (file.size > LARGEST_FILE) throw new FileProblem(`The file is ${Math.ceil(file.size / 2 ** 20)} MB: expected at most ${LARGEST_FILE / 2 ** 20} MB.`);
      const result = await take(this.chat.conversations, read(await file.text()));
      await this.#show(result);
    } catch (error) {
      setText(this.problem, `Nothing was imported. ${reasonOf(error)}`);
    }
  }

  /** @param {import("./imports.js").Import} result */
  async #show(result) {
    const { added, changed, skipped } = result;
    const text = `${added.length} added, ${changed.length} changed, ${skipped} skipped.`;
    if (!added.length && !changed.length) return setText(this.problem, `Nothing new in the file: ${text}`);
    for (const id of [...added, ...changed]) this.#showChange(id);
    await delay(0); // until a deleted conversation that the file restores is no longer offered for undoing its deletion
    /** @type {HTMLDialogElement} */ (find("#settings")).close();
    const revisions = new Map([...added, ...changed].map((id) => [id, this.chat.conversations.all.get(id)?.revision]));
    toast.show(`Imported: ${text}`, { undo: () => this.#undo(result, revisions), expire: () => {} });
  }

  /** Conversations that the reader has continued since then stay. @param {import("./imports.js").Import} result @param {Map<string, number | undefined>} revisions */
  async #undo({ added, undo }, revisions) {
    const { conversations } = this.chat;
    const isUntouched = (/** @type {string} */ id) => conversations.all.get(id)?.revision === revisions.get(id);
    const restored = undo.filter(({ summary }) => isUntouched(summary.id));
    const known = new Set(undo.map(({ summary }) => summary.id));
    await conversations.apply(restored);
    await conversations.purge(added.filter((id) => !known.has(id) && isUntouched(id)));
    for (const { summary } of restored) this.#showChange(summary.id);
  }

  /** @param {string} id */
  #showChange(id) {
    const conversation = this.chat.conversations.all.get(id);
    if (conversation === this.chat.conversation || conversation?.deletedAt === 0) this.chat.callbacks.onChange(/** @type {import("./conversation.js").Conversation} */ (conversation));
    else this.showSidebar();
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  if (error instanceof FileProblem) return error.message;
  if (error instanceof DOMException && error.name === "QuotaExceededError") return "This browser has no room for these conversations. Delete others, or import fewer.";
  if (error instanceof DOMException && error.name === "NotReadableError") return "The browser could not read the file.";
  throw error;
}
