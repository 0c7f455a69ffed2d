/* Copies text to the clipboard, also if the page came by plain HTTP, for which browsers withhold the clipboard's API. */

const REPLY_MS = 2_000;

/** The usual label and icon of each button that shows a reply at the moment. @type {Map<HTMLElement, { label: string, icon: string, timer: number }>} */
const usual = new Map();

/** Copies a text, and says so in the button for a while. @param {HTMLElement} button @param {string} text @param {(text: string) => void} announce */
export async function copyWith(button, text, announce) {
  const isCopied = await copy(text);
  announce(isCopied ? "Copied." : "The browser does not allow copying.");
  const { label, icon, timer } = usual.get(button) ?? { label: labelOf(button), icon: iconOf(button)?.getAttribute("href") ?? "", timer: 0 };
  clearTimeout(timer);
  show(button, isCopied ? "Copied" : "Not allowed", isCopied ? "#icon-done" : "#icon-remove");
  const reset = window.setTimeout(() => {
    usual.delete(button);
    show(button, label, icon);
  }, REPLY_MS);
  usual.set(button, { label, icon, timer: reset });
}

/** @param {HTMLElement} button @param {string} label @param {string} icon */
function show(button, label, icon) {
  const shown = iconOf(button);
  if (!shown) {
    button.textContent = label;
    return;
  }
  shown.setAttribute("href", icon);
  button.setAttribute("aria-label", label);
  button.title = label;
}

/** @param {HTMLElement} button */
function labelOf(button) {
  return button.getAttribute("aria-label") ?? button.textContent ?? "";
}

/** @param {HTMLElement} button */
function iconOf(button) {
  return button.querySelector("use");
}

/** @param {string} text @returns {Promise<boolean>} true if the text was copied */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}
