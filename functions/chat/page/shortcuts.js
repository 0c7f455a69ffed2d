/* The keyboard shortcuts, which the page's key handler and the list of shortcuts both read. None of them takes a key away
 * from a browser or a screen reader: with Alt, Firefox opens its menus by F, E, V, S, B, T and H, Chromium by E and F, and
 * both go to the address bar by D. On a Mac, Option types letters, and VoiceOver uses Control + Option. */

export const IS_MAC = /Mac|iP(hone|ad|od)/.test(navigator.platform);
const TEXT_FIELDS = "input, textarea, select, [contenteditable]";

/**
 * @typedef {object} Shortcut
 * @property {string} does  the name of an action of the page
 * @property {string} label
 * @property {"main" | "letter" | "plain"} kind  main: with Control, on a Mac Command. letter: with Alt, on a Mac Control +
 *   Shift. plain: the key alone.
 * @property {string} key  as events name it
 * @property {string} code  of the key in this place on a keyboard with other letters; empty if only the letter counts
 */

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { does: "new", label: "New conversation", kind: "letter", key: "n", code: "KeyN" },
  { does: "search", label: "Search", kind: "main", key: "k", code: "KeyK" },
  { does: "focus", label: "Go to your message", kind: "letter", key: "m", code: "KeyM" },
  { does: "stop", label: "Stop the answer", kind: "plain", key: "Escape", code: "" },
  { does: "copy-last", label: "Copy the last answer", kind: "letter", key: "c", code: "KeyC" },
  { does: "rename", label: "Rename the conversation", kind: "letter", key: "r", code: "KeyR" },
  { does: "sidebar", label: "Show or hide the sidebar", kind: "letter", key: "l", code: "KeyL" },
  { does: "settings", label: "Settings", kind: "letter", key: ",", code: "Comma" },
  { does: "shortcuts", label: "Keyboard shortcuts", kind: "main", key: "/", code: "Slash" },
  { does: "shortcuts", label: "Keyboard shortcuts", kind: "plain", key: "?", code: "" },
];

/**
 * Calls `perform` with the name of an action when its keys are pressed, unless a dialog is open.
 * @param {(does: string) => void} perform
 * @param {() => boolean} isBusy  true while there is an answer to stop
 */
export function listenForShortcuts(perform, isBusy) {
  document.addEventListener("keydown", (event) => {
    const does = event.isComposing ? undefined : SHORTCUTS.find((shortcut) => isPressed(shortcut, event))?.does;
    const isOver = document.querySelector(does === "stop" ? "dialog[open], :popover-open" : "dialog[open]");
    if (!does || (does === "stop" && (isOver || !isBusy()))) return;
    event.preventDefault();
    if (!isOver && !event.repeat) perform(does);
  });
}

/** @param {Shortcut} shortcut @param {KeyboardEvent} event */
function isPressed({ kind, key, code }, event) {
  const { altKey, ctrlKey, metaKey, shiftKey } = event;
  if (kind === "plain") {
    const isTyped = key.length === 1 && event.target instanceof Element && event.target.closest(TEXT_FIELDS);
    return event.key === key && !altKey && !ctrlKey && !metaKey && !isTyped;
  }
  // On some keyboards "/" is typed with Shift. On a keyboard with other letters, such as a Greek one, the key's place counts.
  const isKey = event.key.toLowerCase() === key || (code === event.code && !/^[\x21-\x7e]$/.test(event.key)) || (kind === "letter" && IS_MAC && code === event.code);
  if (kind === "main") return isKey && (IS_MAC ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && (key === "/" || !shiftKey);
  return isKey && (IS_MAC ? ctrlKey && shiftKey && !altKey : altKey && !ctrlKey && !shiftKey) && !metaKey;
}
