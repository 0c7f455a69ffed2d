/* Search in the titles and messages of all conversations. Small and capital letters are the same, with and without
 * accents. Messages are read and compared in short slices, so that the page does not stop meanwhile. */

import { delay } from "./tabs.js";

const SLICE_MS = 8;
const EXCERPT = { before: 40, length: 160 };
// Of Latin, Greek, Cyrillic, Hebrew and Arabic. The vowels of other scripts are such marks too, and no accents.
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f]/g;

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 * @typedef {{ text: string, isMatch: boolean }} Piece
 *
 * @typedef {object} Result
 * @property {Conversation} conversation
 * @property {Piece[]} title
 * @property {Message | null} message  the one with the most of the words; null if only the title has some
 * @property {Piece[]} excerpt
 */

export class Search {
  /** @param {import("./conversations.js").Conversations} conversations */
  constructor(conversations) {
    this.conversations = conversations;
    /** The messages of conversations that were read, with the revision that they are of. @type {Map<string, { revision: number, messages: Message[] }>} */
    this.read = new Map();
    /** @type {WeakMap<Message, { text: string, folded: string }>} */
    this.folded = new WeakMap();
    this.sliceEndsAt = 0;
  }

  /**
   * The conversations in which every word occurs, in the title or in any version of a message, the newest first.
   * @param {string} query
   * @param {AbortSignal} signal  ends the search
   * @returns {AsyncGenerator<Result>}
   */
  async *results(query, signal) {
    const words = wordsOf(query);
    if (!words.length) return;
    for (const conversation of this.conversations.list()) {
      const result = await this.#resultOf(conversation, words, signal);
      if (signal.aborted) return;
      if (result) yield result;
    }
  }

  /** @param {Conversation} conversation @param {string[]} words @param {AbortSignal} signal @returns {Promise<Result | null>} */
  async #resultOf(conversation, words, signal) {
    const title = fold(conversation.title);
    const missing = new Set(words.filter((word) => !title.includes(word)));
    /** @type {Message | null} */
    let best = null;
    let most = 0;
    for (const message of await this.#messages(conversation)) {
      await this.#pause();
      if (signal.aborted) return null;
      if (message.isHidden) continue;
      const folded = this.#fold(message);
      const matching = words.filter((word) => folded.includes(word));
      for (const word of matching) missing.delete(word);
      if (matching.length < most || !matching.length || (matching.length === most && best && best.createdAt > message.createdAt)) continue;
      best = message;
      most = matching.length;
    }
    if (missing.size) return null;
    return { conversation, title: marked(conversation.title, words), message: best, excerpt: best ? excerptOf(best.text, words) : [] };
  }

  /** @param {Conversation} conversation @returns {Promise<Message[]>} */
  async #messages({ id, isLoaded, messages, revision }) {
    await this.conversations.loads.get(id);
    if (isLoaded) return messages;
    const known = this.read.get(id);
    if (known?.revision === revision) return known.messages;
    const read = await this.conversations.database.messages(id).catch(() => []);
    this.read.set(id, { revision, messages: read });
    return read;
  }

  /** @param {Message} message */
  #fold(message) {
    const known = this.folded.get(message);
    if (known?.text === message.text) return known.folded;
    const folded = fold(message.text);
    this.folded.set(message, { text: message.text, folded });
    return folded;
  }

  async #pause() {
    if (performance.now() < this.sliceEndsAt) return;
    await delay(0);
    this.sliceEndsAt = performance.now() + SLICE_MS;
  }
}

/** @param {string} query */
export function wordsOf(query) {
  return [...new Set(fold(query).split(/\s+/).filter(Boolean))];
}

/** Where words are in a text: ranges of it that do not overlap, in their order. @param {string} text @param {string[]} words @returns {[number, number][]} */
export function matchesOf(text, words) {
  const { folded, positionOf } = foldedWithPositions(text);
  /** @type {[number, number][]} */
  const all = [];
  for (const word of words) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      all.push([positionOf(at), positionOf(at + word.length)]);
    }
  }
  /** @type {[number, number][]} */
  const merged = [];
  for (const [start, end] of all.sort((one, other) => one[0] - other[0])) {
    const last = merged[merged.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** A text without accents, in small letters. @param {string} text */
function fold(text) {
  if (isPlain(text)) return text.toLowerCase();
  return text.normalize("NFD").replace(ACCENTS, "").toLowerCase().replace(/ς/g, "σ");
}

/** True for ASCII, as most code and much prose is. @param {string} text */
function isPlain(text) {
  return !/[^\x00-\x7f]/.test(text);
}

/** positionOf: where a character of the folded text is in the text. @param {string} text */
function foldedWithPositions(text) {
  if (isPlain(text)) return { folded: fold(text), positionOf: (/** @type {number} */ index) => index };
  let folded = "";
  /** @type {number[]} */
  const positions = [];
  let at = 0;
  for (const character of text) {
    const part = fold(character);
    for (let index = 0; index < part.length; index += 1) positions.push(at);
    folded += part;
    at += character.length;
  }
  positions.push(at);
  return { folded, positionOf: (/** @type {number} */ index) => positions[index] };
}

/** @param {string} text @param {string[]} words @returns {Piece[]} */
function marked(text, words) {
  /** @type {Piece[]} */
  const pieces = [];
  let at = 0;
  for (const [start, end] of matchesOf(text, words)) {
    if (start > at) pieces.push({ text: text.slice(at, start), isMatch: false });
    pieces.push({ text: text.slice(start, end), isMatch: true });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isMatch: false });
  return pieces;
}

/** The text around the first match, without the signs of Markdown. @param {string} text @param {string[]} words @returns {Piece[]} */
function excerptOf(text, words) {
  // The excerpt is around the rarest word, which says most.
  const [rarest] = words.map((word) => matchesOf(text, [word])).filter((matches) => matches.length).sort((one, other) => one.length - other.length);
  const [first] = rarest ?? [];
  const target = Math.max(0, (first?.[0] ?? 0) - EXCERPT.before);
  const space = text.slice(target, first?.[0]).search(/\s/);
  const start = target && space >= 0 ? target + space : target;
  const length = Math.max(EXCERPT.length, (first?.[1] ?? 0) - start);
  const part = text.slice(start, start + length).replace(/[\ud800-\udbff]$/, ""); // no half of a character
  const pieces = marked(part, words).map((piece) => ({ ...piece, text: piece.isMatch ? piece.text : withoutMarkdown(piece.text) }));
  const before = start ? [{ text: "… ", isMatch: false }] : [];
  const after = start + length < text.length ? [{ text: " …", isMatch: false }] : [];
  return [...before, ...pieces, ...after];
}

/** Without emphasis, backticks, and what begins lines. @param {string} text  a part, so that its end may be within a word */
function withoutMarkdown(text) {
  const lines = text.replace(/\n\s*(#{1,6}|>|[-*+]|\d+\.)\s/g, "\n");
  return lines.replace(/`+|\*+(?=\S|$)|(?<=^|\S)\*+/g, "").replace(/\s+/g, " ");
}
