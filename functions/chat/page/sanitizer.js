/* What of an answer's HTML may be shown. Everything else is removed. */

import DOMPurify from "./vendor/dompurify.js";

const LINK = /^(?:https?:|mailto:)/i;
export const INLINE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);/i;

/** What Temml writes, except `href`, `src` and `style`. */
const ALLOWED_IN_MATH = {
  ALLOWED_TAGS: [
    "math", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover",
  ],
  ALLOWED_ATTR: [
    "accent", "columnspan", "depth", "display", "displaystyle", "fence", "form", "height", "largeop", "linethickness",
    "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowspan", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "width", "class", "data-style",
  ],
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};
// Temml's own classes; the page has styles for some of them.
const CLASS = /^(?:language-\S+|math|math math--block|(?:tml|chr|wbk|ff)-[\w-]+(?: (?:tml|chr|wbk|ff)-[\w-]+| \w*strike)*)$/;

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
  if (attribute.attrName === "class" && !CLASS.test(attribute.attrValue)) attribute.keepAttr = false;
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

/** Elements of MathML that may be shown, whoever wrote it. @param {string} mathml @returns {DocumentFragment} */
export function sanitizedMath(mathml) {
  return DOMPurify.sanitize(mathml, ALLOWED_IN_MATH);
}
