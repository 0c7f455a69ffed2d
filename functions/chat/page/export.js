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
export function toMarkdown(conversation) {
  const parts = [`# ${titleOf(conversation)}`];
  if (conversation.system) parts.push("## System prompt", conversation.system);
  for (const message of pathOf(conversation)) {
    if (message.role === "user") {
      parts.push("## You", ...[message.text].filter(Boolean), ...(message.attachments ?? []).map(attachmentPart));
      continue;
    }
    parts.push(message.model ? `## Answer (${message.model})` : "## Answer");
    if (message.reasoning) parts.push("### Thoughts", message.reasoning);
    if (message.toolCalls?.length) parts.push("### Tool calls", message.toolCalls.map(toolLine).join("\n"));
    if (message.data?.length) parts.push("### Data", ...message.data.map((value) => fenced(JSON.stringify(value, null, 2))));
    if (message.text) parts.push(message.text);
    if (message.citations?.length) parts.push("### Sources", message.citations.map(sourceLine).join("\n"));
    const remark = REMARKS[message.state];
    if (remark) parts.push(`*${remark}*`);
  }
  return `${parts.join("\n\n")}\n`;
}

/** @param {import("./attached.js").Attachment} attachment */
function attachmentPart(attachment) {
  return "text" in attachment ? `### ${attachment.name}\n\n${fenced(attachment.text.replace(/\n$/, ""), "")}` : `*(image: ${attachment.name})*`;
}

/** @param {import("./conversation.js").ToolCall} call */
function toolLine({ name, arguments: input, result, error }) {
  const outcome = error !== undefined ? `: failed, ${inline(error)}` : result !== undefined ? `: ${inline(result)}` : "";
  return `- ${name} ${inline(input)}${outcome}`;
}

/** @param {import("./conversation.js").Citation} citation @param {number} index */
function sourceLine({ url, title, file }, index) {
  const name = title || file || url || "";
  return `${index + 1}. ${url ? `[${name.replace(/[[\]]/g, "")}](<${url.replace(/[<>]/g, encodeURIComponent)}>)` : name}`;
}

/** @param {unknown} value */
function inline(value) {
  const text = (typeof value === "string" ? value : JSON.stringify(value)).replace(/\s+/g, " ").trim();
  const fence = "`".repeat(longestRun(text) + 1);
  return text && (fence.length > 1 ? `${fence} ${text} ${fence}` : `\`${text}\``);
}

/** @param {string} text @param {string} language */
function fenced(text, language = "json") {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** The length of the longest run of backticks in a text. @param {string} text */
function longestRun(text) {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
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
