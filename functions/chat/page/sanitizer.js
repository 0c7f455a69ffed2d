/* What of an answer's HTML may be shown. Everything else is removed. */

import DOMPurify from "./vendor/dompurify.js";

const LINK = /^(?:https?:|mailto:)/i;
export const INLINE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);/i;

const ALLOWED = {
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "span",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["align", "alt", "class", "href", "src", "start", "title"],
  ADD_URI_SAFE_ATTR: ["align", "start"], // all others have to match the next line
  ALLOWED_URI_REGEXP: new RegExp(`${LINK.source}|${INLINE_IMAGE.source}`, "i"),
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

DOMPurify.addHook("uponSanitizeAttribute", (_node, attribute) => {
  if (attribute.attrName === "class" && !/^(?:language-\S+|math)$/.test(attribute.attrValue)) attribute.keepAttr = false;
});
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "IMG" && !INLINE_IMAGE.test(node.getAttribute("src") ?? "")) node.remove();
  if (node.tagName !== "A") return;
  if (!LINK.test(node.getAttribute("href") ?? "")) {
    node.removeAttribute("href");
    return;
  }
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
});

/** Elements of HTML that may be shown, whoever wrote it. @param {string} html @returns {DocumentFragment} */
export function sanitized(html) {
  return DOMPurify.sanitize(html, ALLOWED);
}
