/* What happens before the modules run: they are requested, and light or dark is chosen. */

// A conversation is about to be opened: the composer is not shown in the middle first.
if (location.hash.length > 1) document.documentElement.removeAttribute("data-empty");

/* Only the browser knows the page's address, which may have any prefix and may end in a slash. The modules import each
 * other relatively, and are loaded from a folder below this address. */
const source = /** @type {HTMLScriptElement} */ (document.currentScript).src;
const folder = `${location.pathname.replace(/\/+$/, "")}/assets/${new URL(source).searchParams.get("v")}`;

// All modules are requested at once. Otherwise the browser would find each of them only after it has read its importer.
for (const name of document.querySelector("meta[name=modules]")?.getAttribute("content")?.split(" ") ?? []) {
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = `${folder}/${name}`;
  document.head.append(link);
}

// This comes after the requests, because the first access to localStorage waits until the browser has read it.
try {
  document.documentElement.dataset.theme = localStorage.getItem("chat:theme") ?? "auto";
  document.documentElement.dataset.sidebar = localStorage.getItem("chat:sidebar") ?? "open";
} catch {
  // The browser does not allow localStorage: the page is as light or dark as the system.
}

function load() {
  import(`${folder}/app.js`).catch((error) => {
    document.getElementById("broken")?.removeAttribute("hidden");
    throw error;
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", load);
else load();
