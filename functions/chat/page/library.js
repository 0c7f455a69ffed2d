/* The menu of a conversation, search, export and import, and the list of shortcuts. Each is loaded when it is first used. */

import { find } from "./element.js";
import { once } from "./loading.js";

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 *
 * @typedef {object} PageParts
 * @property {import("./messages.js").MessageList} messages
 * @property {import("./scroll.js").Follower} follower
 * @property {(id: string) => Promise<void>} open
 * @property {(text: string) => void} announce
 * @typedef {import("./conversation-menu.js").Page & PageParts} Page
 */

export class Library {
  /** @param {Page} page */
  constructor(page) {
    const style = loadStyle();
    this.page = page;
    this.menu = once(async () => {
      const [{ ConversationMenu }] = await Promise.all([import("./conversation-menu.js"), style]);
      return new ConversationMenu(page);
    });
    this.transfer = once(async () => new (await import("./transfer.js")).Transfer(page));
    this.shortcuts = once(async () => {
      const [{ ShortcutsDialog }] = await Promise.all([import("./shortcuts-dialog.js"), style]);
      return new ShortcutsDialog();
    });
    this.search = once(async () => {
      const [{ SearchDialog }, { showMessage }] = await Promise.all([import("./search-dialog.js"), import("./search-result.js"), style]);
      return new SearchDialog(page.chat.conversations, (result, words) => showMessage(page, result, words));
    });
  }

  /** @type {Record<string, (pressed: HTMLElement | null) => unknown>} */
  actions = {
    menu: async (pressed) => pressed && (await this.menu()).open(pressed),
    rename: async () => (await this.menu()).rename(this.page.chat.conversation.id),
    search: async () => (await this.search()).open(),
    shortcuts: async () => (await this.shortcuts()).open(),
    "export-all": async () => (await this.transfer()).exportAll(),
    import: async () => (await this.transfer()).chooseFile(),
    focus: () => find("#prompt").focus(),
    "copy-last": () => [...document.querySelectorAll(".answer [data-do=copy]")].filter((each) => each.checkVisibility()).pop()?.dispatchEvent(new MouseEvent("click", { bubbles: true })),
  };
}

/** Resolves once the style sheet of these parts is loaded. @returns {Promise<void>} */
function loadStyle() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("library.css", import.meta.url).href;
  document.head.append(link);
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => reject(new Error("library.css could not be loaded"));
  });
}
