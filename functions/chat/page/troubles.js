/* What the page says when the browser does not keep what it should. */

/** @type {Record<import("./conversations.js").Trouble, string>} */
export const TROUBLES = {
  "": "",
  missing: "This browser keeps nothing for this page: conversations and drafts are gone when the tab is closed. Export what you need.",
  full: "This browser has no room: the latest messages are gone when the tab is closed. Export the conversation, or delete others.",
  lost: "This browser has deleted the conversations that it kept. Only those that were opened in this tab remain.",
  unreadable: "This browser does not return the messages of this conversation. Reload the page to try again.",
};
