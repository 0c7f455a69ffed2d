// npm ai: `streamText` through the providers of OpenAI and Anthropic.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";

import { read } from "./ai.mjs";

// Its warnings go to stdout, which has the driver's lines.
globalThis.AI_SDK_LOG_WARNINGS = false;

const openai = ({ url, token, headers }) => createOpenAI({ baseURL: url, apiKey: token, headers });

export async function* openaiProvider({ prompt, model, signal, ...rest }) {
  yield* read(openai(rest).chat(model), prompt, signal);
}

export async function* openaiResponsesProvider({ prompt, model, signal, ...rest }) {
  yield* read(openai(rest).responses(model), prompt, signal);
}

export async function* anthropicProvider({ url, token, headers, prompt, model, signal }) {
  yield* read(createAnthropic({ baseURL: url, apiKey: token, headers })(model), prompt, signal);
}
