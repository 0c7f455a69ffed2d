/* Files that the reader adds: an image is scaled down, a text is read. */

/** @typedef {import("./attached.js").Image} Image @typedef {import("./attached.js").TextFile} TextFile */

const LONGEST_SIDES_PX = [1536, 1152, 768, 512]; // OpenAI scales larger ones down itself
const QUALITIES = [0.85, 0.7, 0.5];
const MOST_IMAGE_BYTES = 50_000_000; // of a file that is scaled down
const MOST_TEXT_BYTES = 200_000;
const CONTROL = /[\0-\x08\x0e-\x1a\x1c-\x1f]/; // characters that no text has; Escape is allowed, because logs have it
const PICTURE_NAME = /\.(?:png|jpe?g|gif|webp|avif|bmp|heic|heif|ico|tiff?)$/i;

/** A file cannot be added. The message says why, and what the reader can do. */
export class FileProblem extends Error {}

/**
 * The file as an attachment, with a note on how it was read if the reader should check it. Throws FileProblem.
 * @param {File} file
 * @param {number} mostImageBytes  of an image's data URL
 * @returns {Promise<{ attachment: Image | TextFile, note: string }>}
 */
export async function read(file, mostImageBytes) {
  const name = file.name || "image";
  if (file.type === "image/svg+xml" || /\.svgz?$/i.test(name)) {
    throw new FileProblem(`“${name}” is an SVG, which models do not read: save it as PNG.`);
  }
  if (file.type.startsWith("image/") || PICTURE_NAME.test(name)) return { attachment: await imageOf(file, name, mostImageBytes), note: "" };
  return textOf(file, name);
}

/** True if the file is meant as an image. @param {File} file */
export function isImage(file) {
  return file.type.startsWith("image/") || PICTURE_NAME.test(file.name);
}

/** @param {File} file @param {string} name @param {number} mostBytes @returns {Promise<Image>} */
async function imageOf(file, name, mostBytes) {
  if (file.size > MOST_IMAGE_BYTES) throw new FileProblem(`“${name}” is ${megabytes(file.size)}: at most ${megabytes(MOST_IMAGE_BYTES)} can be scaled down.`);
  // The image is turned as its EXIF data say. The data are not sent, because they can tell where a photo was taken.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new FileProblem(`“${name}” cannot be shown as an image: it is damaged, or of a type that this browser does not support.`);
  });
  try {
    const isLossless = /^image\/(?:png|gif|bmp|webp)$/.test(file.type);
    for (const longest of LONGEST_SIDES_PX) {
      const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
      const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
      const encodings = [...(isLossless ? [{ type: "image/png", quality: 1 }] : []), ...QUALITIES.map((quality) => ({ type: "image/jpeg", quality }))];
      for (const { type, quality } of encodings) {
        const url = drawn(bitmap, width, height, type, quality);
        if (url.length <= mostBytes) return { name, url, width, height };
      }
    }
  } finally {
    bitmap.close();
  }
  throw new FileProblem(`“${name}” cannot be made small enough for a request to this function.`);
}

/** @param {ImageBitmap} bitmap @param {number} width @param {number} height @param {string} type @param {number} quality */
function drawn(bitmap, width, height, type, quality) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) throw new FileProblem("This browser does not scale images down: close other tabs, then try again.");
  context.imageSmoothingQuality = "high";
  if (type === "image/jpeg") {
    context.fillStyle = "#fff"; // JPEG has no transparency; without this it becomes black
    context.fillRect(0, 0, width, height);
  }
  context.drawImage(bitmap, 0, 0, width, height);
  return canvas.toDataURL(type, quality);
}

/** @param {File} file @param {string} name @returns {Promise<{ attachment: TextFile, note: string }>} */
async function textOf(file, name) {
  if (file.size > MOST_TEXT_BYTES) {
    // The message for a large binary file says that it is not text, and not that it is large.
    if (CONTROL.test(decoded(new Uint8Array(await file.slice(0, 4096).arrayBuffer())).text)) throw notText(name);
    throw new FileProblem(`“${name}” is ${kilobytes(file.size)}: at most ${kilobytes(MOST_TEXT_BYTES)} of text can be added. Add the part that matters.`);
  }
  const bytes = await file.arrayBuffer().catch(() => {
    throw new FileProblem(`“${name}” cannot be read: it is a folder, or it no longer exists.`);
  });
  const { text, encoding } = decoded(new Uint8Array(bytes));
  if (CONTROL.test(text)) throw notText(name);
  if (!text.trim()) throw new FileProblem(`“${name}” is empty.`);
  const note = encoding === "UTF-8" ? "" : `“${name}” is not UTF-8 and was read as ${encoding}: check the text before you send it.`;
  return { attachment: { name, text: text.replace(/\r\n?/g, "\n") }, note };
}

/** The text, in the encoding that its first bytes name, else in UTF-8, else in Windows-1252. @param {Uint8Array} bytes */
function decoded(bytes) {
  const marks = /** @type {[string, number[]][]} */ ([["UTF-16LE", [0xff, 0xfe]], ["UTF-16BE", [0xfe, 0xff]]]);
  const marked = marks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))?.[0];
  if (marked) return { text: new TextDecoder(marked).decode(bytes), encoding: marked };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "UTF-8" };
  } catch {
    return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "Windows-1252" };
  }
}

/** @param {string} name */
function notText(name) {
  return new FileProblem(`“${name}” is not text: images (PNG, JPEG, WebP, GIF) and text files can be added.`);
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.round(bytes / 1_000).toLocaleString("en")} KB`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${Math.round(bytes / 1_000_000).toLocaleString("en")} MB`;
}
