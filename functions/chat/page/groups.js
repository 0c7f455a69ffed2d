/* Conversations in the groups that the sidebar shows: pinned ones first, the others by the day of their last prompt. */

// Not the browser's own names, because the browser would first read its locales for tens of milliseconds.
const MONTHS = "January February March April May June July August September October November December".split(" ");

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {{ title: string, conversations: Conversation[] }} Group
 */

/**
 * Groups in the order in which they are shown. Days begin at local midnight.
 * @param {Conversation[]} conversations  the newest first
 * @param {Date} now
 * @returns {Group[]}
 */
export function groupsOf(conversations, now) {
  /** @type {Map<string, Conversation[]>} */
  const groups = new Map([["Pinned", []]]);
  const titleOf = byDay(now);
  for (const conversation of conversations) {
    const title = conversation.isPinned ? "Pinned" : titleOf(conversation.updatedAt);
    const group = groups.get(title);
    if (group) group.push(conversation);
    else groups.set(title, [conversation]);
  }
  return [...groups].map(([title, members]) => ({ title, conversations: members })).filter((group) => group.conversations.length);
}

/** @param {Date} now @returns {(time: number) => string} */
function byDay(now) {
  /** Local midnight, so many days ago. @param {number} days */
  const midnight = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
  const limits = /** @type {[string, number][]} */ ([
    ["Today", midnight(0)],
    ["Yesterday", midnight(1)],
    ["Previous 7 days", midnight(7)],
    ["Previous 30 days", midnight(30)],
  ]);
  return (time) => {
    const [title] = limits.find(([, start]) => time >= start) ?? [];
    if (title) return title;
    const date = new Date(time);
    const month = MONTHS[date.getMonth()];
    return date.getFullYear() === now.getFullYear() ? month : `${month} ${date.getFullYear()}`;
  };
}
