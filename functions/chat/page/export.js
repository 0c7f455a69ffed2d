/* A conversation as a Markdown file. */

import { titleOf } from "./conversation.js";
import { pathOf } from "./tree.js";

/** Offers a conversation as a file. @param {import("./conversation.js").Conversation} conversation */
export function download(conversation) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([toMarkdown(conversation)], { type: "text/markdown" }));
  link.download = fileName(conversation);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * @param {import("./conversation.js").Conversation} conversation
 * @returns {string}
 */
function toMarkdown(conversation) {
  const parts = [`# ${titleOf(conversation)}`];
  if (conversation.system) parts.push("## System prompt", conversation.system);
  for (const message of pathOf(conversation)) {
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
function fileName(conversation) {
  const words = titleOf(conversation).toLowerCase().normalize("NFKD").replace(/[^\p{Letter}\p{Number}]+/gu, "-");
  return `${words.replace(/^-+|-+$/g, "") || "conversation"}.md`;
}
