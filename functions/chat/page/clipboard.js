/* Text to the clipboard, also where the browser keeps the clipboard from pages that came by plain HTTP. */

const REPLY_MS = 2_000;

/** Copies a text, and says so in the button for a while. @param {HTMLElement} button @param {string} text @param {(text: string) => void} announce */
export async function copyWith(button, text, announce) {
  const isCopied = await copy(text);
  button.textContent = isCopied ? "Copied" : "Not allowed";
  announce(isCopied ? "Copied." : "The browser does not allow copying.");
  setTimeout(() => (button.textContent = "Copy"), REPLY_MS);
}

/** @param {string} text @returns {Promise<boolean>} whether it is there */
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
