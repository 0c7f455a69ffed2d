/* Merges the conversations of a file with those of this browser, and says how to undo that. */

import { titleOf } from "./conversation.js";
import { FileProblem } from "./transfer-file.js";

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 * @typedef {import("./conversations.js").Change} Change
 *
 * @typedef {object} Import
 * @property {string[]} added  ids of conversations that this browser did not have
 * @property {string[]} changed
 * @property {number} skipped  how many are here already, just as new or newer
 * @property {Change[]} undo  what restores the changed ones
 */

/**
 * Merges conversations by their ids. A message replaces an older copy of itself, never a newer one. Imports everything or
 * nothing. Throws FileProblem, or what the browser throws if it has no room.
 * @param {import("./conversations.js").Conversations} conversations
 * @param {Conversation[]} imported
 * @returns {Promise<Import>}
 */
export async function take(conversations, imported) {
  /** @type {Import} */
  const result = { added: [], changed: [], skipped: 0, undo: [] };
  /** @type {Change[]} */
  const changes = [];
  for (const copy of imported) {
    const known = conversations.all.get(copy.id);
    const here = known ? await conversations.messagesOf(known) : [];
    const byId = new Map(here.map((message) => [message.id, message]));
    const newer = copy.messages.filter((message) => isNewer(message, byId.get(message.id)));
    for (const { id } of newer) byId.delete(id);
    const messages = [...byId.values(), ...newer];
    refuseCircles(messages, copy.id);
    const summary = merged(known, copy, messages);
    const isLabelled = known && summary.labelledAt !== known.labelledAt;
    if (known && !known.deletedAt && !newer.length && !isLabelled) {
      result.skipped += 1;
      continue;
    }
    changes.push({ summary, messages: newer, removed: [] });
    (known && !known.deletedAt ? result.changed : result.added).push(copy.id);
    if (!known) continue;
    const ids = new Set(newer.map(({ id }) => id));
    const replaced = here.filter(({ id }) => ids.has(id)).map((message) => ({ ...message }));
    const { messages: _, isLoaded, ...before } = known;
    result.undo.push({ summary: before, messages: replaced, removed: [...ids] });
  }
  if (changes.length) await conversations.apply(changes);
  return result;
}

/** @param {Message} copy @param {Message | undefined} known */
function isNewer(copy, known) {
  if (!known) return true;
  if (copy.revision <= known.revision || (known.role === "assistant" && known.state === "running")) return false;
  if (copy.parentId === known.parentId && copy.role === known.role) return true;
  throw new FileProblem(`The message ${copy.id} of the file is not the same message as the one with this id here.`);
}

/** @param {Conversation | undefined} known @param {Conversation} copy @param {Message[]} messages */
function merged(known, copy, messages) {
  const { messages: _, ...imported } = copy;
  const isLabelledLater = (copy.labelledAt ?? 0) > (known?.labelledAt ?? 0);
  const { name, isPinned, labelledAt } = known && !isLabelledLater ? known : copy;
  const newest = known && known.revision >= copy.revision ? known : imported;
  const conversation = {
    ...newest,
    name,
    isPinned,
    labelledAt,
    selected: { ...copy.selected, ...known?.selected },
    revision: Math.max(copy.revision, known ? known.revision + 1 : 0),
    updatedAt: Math.max(copy.updatedAt, known?.updatedAt ?? 0),
    deletedAt: 0,
    messages,
    isLoaded: true,
  };
  const { messages: __, isLoaded, ...summary } = conversation;
  return { ...summary, title: titleOf(conversation) };
}

/** Refuses a message that comes before itself: a search for the first message would never end. @param {Message[]} messages @param {string} conversationId */
function refuseCircles(messages, conversationId) {
  const parents = new Map(messages.map(({ id, parentId }) => [id, parentId]));
  /** @type {Set<string>} */
  const safe = new Set();
  for (const start of parents.keys()) {
    const path = new Set();
    for (let id = /** @type {string | undefined} */ (start); id && parents.has(id) && !safe.has(id); id = parents.get(id)) {
      if (path.has(id)) throw new FileProblem(`In the conversation ${conversationId}, the message ${id} comes before itself.`);
      path.add(id);
    }
    for (const id of path) safe.add(id);
  }
}
