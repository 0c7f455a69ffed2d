/* Which messages and images of a conversation are sent: the messages before the answer, text files as quoted text, and the
 * newest images that fit. The function then leaves out the oldest messages that are too much (`trim` in history.py). */

import { ancestorsOf } from "./tree.js";

/**
 * @typedef {import("./attached.js").Attachment} Attachment
 * @typedef {import("./attached.js").Image} Image
 * @typedef {import("./conversation.js").Message} Message
 *
 * @typedef {object} Limits
 * @property {number} maxBytes  of a request
 * @property {number} maxImages  0: the function takes none
 */

const OVERHEAD_BYTES = 1_000; // what is in a request besides its messages
const WRAPPING_BYTES = 100; // of an image, around its data

/**
 * The messages before `answer`. If the answer has text already, also the answer and a request to continue it. A prompt
 * that failed and that the reader then typed again is sent once.
 * @param {import("./conversation.js").Conversation} conversation
 * @param {import("./conversation.js").Answer} answer
 * @param {string} request  the prompt for the rest, if the answer has text already
 * @param {Limits} limits
 * @returns {{ messages: { role: string, content: unknown }[], imagesLeftOut: number }}
 */
export function requestMessages(conversation, answer, request, limits) {
  const before = ancestorsOf(conversation, answer).filter((message) => message.text || attachmentsOf(message).length);
  const sent = before.filter((message, index) => !isRepeated(message, before[index + 1]));
  const texts = sent.map(textOf);
  const unfinished = answer.text ? [{ role: "assistant", content: answer.text }, { role: "user", content: request }] : [];
  const system = conversation.system === null ? [] : [{ role: "system", content: conversation.system }];
  const bytes = new TextEncoder().encode(JSON.stringify([system, texts, unfinished])).length;
  const kept = newestImages(sent, limits.maxImages, limits.maxBytes - bytes - OVERHEAD_BYTES);
  const turns = sent.map((message, index) => ({ role: message.role, content: contentOf(imagesOf(message), texts[index], kept) }));
  const imagesLeftOut = sent.flatMap(imagesOf).length - kept.size;
  return { messages: [...system, ...turns, ...unfinished], imagesLeftOut };
}

/** @param {Message[]} messages @param {number} count @param {number} bytes @returns {Set<Image>} */
function newestImages(messages, count, bytes) {
  /** @type {Set<Image>} */
  const kept = new Set();
  const newestFirst = messages.flatMap(imagesOf).reverse();
  for (const image of newestFirst) {
    bytes -= image.url.length + image.name.length + WRAPPING_BYTES;
    if (kept.size >= count || bytes < 0) break;
    kept.add(image);
  }
  return kept;
}

/** @param {Image[]} images @param {string} text @param {Set<Image>} kept */
function contentOf(images, text, kept) {
  if (!images.length) return text;
  const parts = images.map((image) =>
    kept.has(image)
      ? { type: "image_url", image_url: { url: image.url } }
      : { type: "text", text: `(The image “${image.name}” is left out here.)` },
  );
  return text ? [{ type: "text", text }, ...parts] : parts;
}

/** @param {Message} one @param {Message} other */
function isSame(one, other) {
  return one.text.trim() === other.text.trim() && JSON.stringify(attachmentsOf(one)) === JSON.stringify(attachmentsOf(other));
}

/** A message's text, followed by the texts of its files. @param {Message} message */
function textOf(message) {
  const quoted = attachmentsOf(message).map((each) => ("text" in each ? `The file “${each.name}”:\n\n${fenced(each.text)}` : ""));
  return [message.text, ...quoted].filter(Boolean).join("\n\n");
}

/** @param {string} text */
function fenced(text) {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** @param {Message} message @param {Message | undefined} next */
function isRepeated(message, next) {
  return message.role === "user" && next?.role === "user" && isSame(message, next);
}

/** @param {Message} message @returns {Attachment[]} */
function attachmentsOf(message) {
  return message.role === "user" ? (message.attachments ?? []) : [];
}

/** @param {Message} message @returns {Image[]} */
function imagesOf(message) {
  return /** @type {Image[]} */ (attachmentsOf(message).filter((each) => "url" in each));
}
