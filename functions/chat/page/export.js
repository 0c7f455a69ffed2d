/* A conversation as a Markdown file. */

import { titleOf } from "./conversation.js";

/**
 * @param {import("./conversation.js").Conversation} conversation
 * @returns {string}
 */
export function toMarkdown(conversation) {
  const parts = [`# ${titleOf(conversation)}`];
  if (conversation.system) parts.push("## System prompt", conversation.system);
  for (const message of conversation.messages) {
    if (message.role === "user") {
      parts.push("## You", message.text);
      continue;
    }
    parts.push(message.model ? `## Answer (${message.model})` : "## Answer");
    if (message.text) parts.push(message.text);
    const remark = REMARKS[message.state];
    if (remark) parts.push(`*${remark}*`);
  }
  return `${parts.join("\n\n")}\n`;
}

/** @type {Record<import("./conversation.js").Answer["state"], string>} */
const REMARKS = {
  running: "(still being written)",
  complete: "",
  stopped: "(stopped here)",
  failed: "(not complete)",
};

/** @param {import("./conversation.js").Conversation} conversation */
export function fileName(conversation) {
  const words = titleOf(conversation).toLowerCase().normalize("NFKD").replace(/[^\p{Letter}\p{Number}]+/gu, "-");
  return `${words.replace(/^-+|-+$/g, "") || "conversation"}.md`;
}
