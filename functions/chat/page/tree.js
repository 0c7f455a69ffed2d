/* The messages of a conversation as a tree. Each message names the message before it. Several messages after the same
 * message are versions of each other, and the conversation shows one of them. */

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 */

/** What the first message names as the message before it. */
export const ROOT = "";

/** The messages that are shown, the first one first. @param {Conversation} conversation @returns {Message[]} */
export function pathOf(conversation) {
  const children = byParent(conversation);
  /** @type {Message[]} */
  const path = [];
  for (let versions = children.get(ROOT); versions; versions = children.get(path[path.length - 1].id)) {
    const selectedId = conversation.selected[versions[0].parentId];
    path.push(versions.find(({ id }) => id === selectedId) ?? newest(versions));
  }
  return path;
}

/** The messages before this one, the first one first. @param {Conversation} conversation @param {Message} message */
export function ancestorsOf(conversation, message) {
  const byId = new Map(conversation.messages.map((each) => [each.id, each]));
  const ancestors = [];
  for (let each = byId.get(message.parentId); each; each = byId.get(each.parentId)) ancestors.unshift(each);
  return ancestors;
}

/** All versions of a message, itself included, the oldest first. @param {Conversation} conversation @param {Message} message */
export function versionsOf(conversation, message) {
  const versions = conversation.messages.filter(({ parentId, isHidden }) => parentId === message.parentId && !isHidden);
  return versions.sort(byAge);
}

/** Which version each message is, and of how many. @param {Conversation} conversation */
export function versionNumbers(conversation) {
  /** @type {Map<Message, { number: number, count: number }>} */
  const numbers = new Map();
  for (const versions of byParent(conversation).values()) {
    versions.sort(byAge).forEach((message, index) => numbers.set(message, { number: index + 1, count: versions.length }));
  }
  return numbers;
}

/** Adds a message, which is shown from now on. @param {Conversation} conversation @param {Message} message */
export function append(conversation, message) {
  conversation.messages.push(message);
  select(conversation, message);
}

/** Shows this version of a message. @param {Conversation} conversation @param {Message} message */
export function select(conversation, message) {
  conversation.selected = { ...conversation.selected, [message.parentId]: message.id };
}

/**
 * Takes over a copy of a message from another tab or from storage, unless the conversation has a newer one.
 * @param {Conversation} conversation
 * @param {Message} copy
 */
export function merge(conversation, copy) {
  const known = conversation.messages.find(({ id }) => id === copy.id);
  if (!known) conversation.messages.push(copy);
  else if (copy.revision > known.revision) Object.assign(known, copy); // the same object, which a view may show
}

/** @param {Conversation} conversation */
function byParent(conversation) {
  /** @type {Map<string, Message[]>} */
  const children = new Map();
  for (const message of conversation.messages) {
    if (message.isHidden) continue;
    const versions = children.get(message.parentId);
    if (versions) versions.push(message);
    else children.set(message.parentId, [message]);
  }
  return children;
}

/** @param {Message} one @param {Message} other */
function byAge(one, other) {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);
}

/** @param {Message[]} versions */
function newest(versions) {
  return versions.reduce((one, other) => (byAge(one, other) > 0 ? one : other));
}
