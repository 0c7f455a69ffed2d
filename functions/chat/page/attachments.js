/* The images and text files of the message that is being written, for each conversation. */

import { showRemovable } from "./attached.js";
import { FileProblem, isImage, read } from "./files.js";

/** @typedef {import("./attached.js").Attachment} Attachment */

const MOST = 5; // in one message
const SHARE = 0.7; // of the largest request; the text, and the messages before, need room too
const MOST_IMAGE_BYTES = 700_000;

export class Attachments {
  /**
   * @param {HTMLElement} list
   * @param {() => void} onChange
   */
  constructor(list, onChange) {
    this.list = list;
    this.onChange = onChange;
    /** @type {Map<string, Attachment[]>} */
    this.all = new Map();
    this.key = "";
  }

  /** The attachments of the current conversation. */
  get items() {
    return this.all.get(this.key) ?? [];
  }

  /** Shows the attachments of another conversation. @param {string} key */
  open(key) {
    this.key = key;
    this.#show();
  }

  /** Removes and returns the attachments of the current conversation. */
  take() {
    const { items } = this;
    this.#set(this.key, []);
    return items;
  }

  /**
   * Adds files to a conversation. Returns what to tell the reader about them, "" if nothing.
   * @param {File[]} files
   * @param {string} key
   * @param {import("./chat.js").Config | null} config
   */
  async add(files, key, config) {
    const mostBytes = (config?.max_body ?? 1_048_576) * SHARE;
    const mostImageBytes = Math.min(MOST_IMAGE_BYTES, mostBytes / MOST);
    /** @type {Set<string>} */
    const remarks = new Set();
    for (const file of files) {
      try {
        const added = this.all.get(key) ?? [];
        if (config && !config.images && isImage(file)) throw new FileProblem("This function takes no images, only text files.");
        if (added.length >= MOST) throw new FileProblem(`At most ${MOST} files can be added to one message.`);
        const { attachment, note } = await read(file, mostImageBytes);
        const all = [...(this.all.get(key) ?? []), attachment];
        if (bytesOf(all) > mostBytes) throw new FileProblem(`“${attachment.name}” does not fit into this message: send it in a separate one.`);
        this.#set(key, all);
        if (note) remarks.add(note);
      } catch (error) {
        if (!(error instanceof FileProblem)) throw error;
        remarks.add(error.message);
      }
    }
    return [...remarks].join(" ");
  }

  /** @param {string} key @param {Attachment[]} items */
  #set(key, items) {
    this.all.set(key, items);
    if (key === this.key) this.#show();
  }

  #show() {
    showRemovable(this.list, this.items, (removed) => this.#set(this.key, this.items.filter((each) => each !== removed)));
    this.onChange();
  }
}

/** @param {Attachment[]} attachments */
function bytesOf(attachments) {
  return new TextEncoder().encode(JSON.stringify(attachments)).length;
}
