/* Images and text files of a message, as the page shows them. */

import { element, fromTemplate } from "./element.js";

/**
 * @typedef {object} Image
 * @property {string} name
 * @property {string} url  the image itself, as a data URL
 * @property {number} width  in pixels
 * @property {number} height
 *
 * @typedef {object} TextFile
 * @property {string} name
 * @property {string} text
 *
 * @typedef {Image | TextFile} Attachment
 */

/** Shows what is attached to a message that was sent. @param {HTMLElement} list @param {Attachment[]} attachments */
export function showAttached(list, attachments) {
  list.replaceChildren(...attachments.map((each) => element("li", "attached__item", "url" in each ? picture(each) : unfoldable(each))));
}

/**
 * Shows what is attached to a message that is being written, each with a button that removes it.
 * @param {HTMLElement} list
 * @param {Attachment[]} attachments
 * @param {(attachment: Attachment) => void} onRemove
 */
export function showRemovable(list, attachments, onRemove) {
  const items = attachments.map((each) => {
    const content = "url" in each ? picture(each) : element("div", "attached__file", ...nameAndSize(each));
    const remove = fromTemplate("attached-remove-template");
    remove.setAttribute("aria-label", `Remove “${each.name}”`);
    remove.addEventListener("click", () => onRemove(each));
    return element("li", "attached__item", content, remove);
  });
  list.replaceChildren(...items);
}

/** @param {Image} image */
function picture({ name, url, width, height }) {
  const image = element("img", "attached__image");
  Object.assign(image, { src: url, alt: name, title: name, width, height });
  return image;
}

/** @param {TextFile} file */
function unfoldable(file) {
  const text = element("pre", "", file.text);
  text.tabIndex = 0; // a long one is scrolled by the keyboard too
  return element("details", "attached__file", element("summary", "", ...nameAndSize(file)), text);
}

/** @param {TextFile} file */
function nameAndSize({ name, text }) {
  const lines = text.trimEnd().split("\n").length;
  return [element("div", "attached__name", name), element("span", "small-print", lines === 1 ? "1 line" : `${lines.toLocaleString("en")} lines`)];
}
