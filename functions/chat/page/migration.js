/* Conversations as earlier releases of the page stored them: in localStorage, each a list of messages. */

import { newAnswer, newConversation, newPrompt, titleOf } from "./conversation.js";
import { append, ROOT } from "./tree.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */

/** @param {string[]} keys  of localStorage @param {string} prefix @returns {Conversation[]} */
export function earlierConversations(keys, prefix) {
  return keys.filter((key) => key.startsWith(`${prefix}conversation:`)).map(read).filter((conversation) => conversation !== null);
}

/** To be called once they are stored elsewhere. @param {string[]} keys @param {string} prefix */
export function removeEarlierConversations(keys, prefix) {
  for (const key of keys) if (key.startsWith(`${prefix}conversation:`)) localStorage.removeItem(key);
  localStorage.removeItem(`${prefix}index`);
}

/** @param {string} key @returns {Conversation | null} */
function read(key) {
  const stored = parsed(localStorage.getItem(key));
  if (!Array.isArray(stored?.messages)) return null;
  const { id, updatedAt, model, system } = stored;
  const conversation = { ...newConversation(), id, updatedAt, model, system };
  let parentId = ROOT;
  stored.messages.forEach((/** @type {any} */ message, /** @type {number} */ index) => {
    const made = message.role === "user" ? newPrompt(parentId, "") : newAnswer(parentId);
    // Versions are ordered by age, so each message gets a time one millisecond after the one before.
    append(conversation, { ...made, ...message, createdAt: updatedAt + index - stored.messages.length });
    parentId = message.id;
  });
  conversation.title = titleOf(conversation);
  return conversation;
}

/** @param {string | null} text */
function parsed(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
