/* The page's address may end in a slash or not, behind any prefix, which only the browser knows: modules, which name
 * each other relatively, are loaded from a folder below it. */
const version = new URL(import.meta.url).searchParams.get("v");
const folder = `${location.pathname.replace(/\/+$/, "")}/assets/${version}`;

// All at once, instead of one row behind the other as each is found in those before it.
for (const name of document.querySelector("meta[name=modules]")?.getAttribute("content")?.split(" ") ?? []) {
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = `${folder}/${name}`;
  document.head.append(link);
}

import(`${folder}/app.js`).catch((error) => {
  document.getElementById("broken")?.removeAttribute("hidden");
  throw error;
});
