// Reads questions on stdin, one per JSON line, and writes to stdout what each client reports of the answer.
//
// In:  {"job": 1, "client": "openai", "url": …, "prompt": …, …}, and {"disconnect": 1} if the client must disconnect early.
// Out: what the client yields, with its job: {"job": 1, "delta": "…"}, {"job": 1, "end": {…}} or {"job": 1, "failed": {…}};
//      then {"job": 1, "over": true}.
import { createInterface } from "node:readline";

// Each is imported when it is used, because not every folder of packages has all clients.
const modules = {
  openai: "./openai.mjs",
  openaiEndpoints: "./endpoints.mjs",
  openaiProvider: "./providers.mjs",
  openaiResponsesProvider: "./providers.mjs",
  anthropicProvider: "./providers.mjs",
  streamedText: "./ai.mjs",
  chatTransport: "./ai.mjs",
  eventSource: "./events.mjs",
  eventSourceParser: "./events.mjs",
  parsedPieces: "./events.mjs",
  eventSourcePolyfill: "./reconnecting.mjs",
  hiddenTab: "./reconnecting.mjs",
};
const running = new Map();

const write = (line) => process.stdout.write(JSON.stringify(line) + "\n");

async function answer({ job, client, ...question }) {
  const controller = new AbortController();
  running.set(job, controller);
  try {
    const { [client]: ask } = await import(modules[client]);
    for await (const report of ask({ ...question, signal: controller.signal })) write({ job, ...report });
  } catch (error) {
    const { name, status, statusCode, code, message } = error;
    write({ job, failed: { name: name === "Error" ? error.constructor.name : name, status: status ?? statusCode, code, message } });
  }
  running.delete(job);
  write({ job, over: true });
}

write({ node: process.version });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if ("disconnect" in request) running.get(request.disconnect)?.abort();
  else answer(request);
}
