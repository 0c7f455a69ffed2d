// npm openai.
import OpenAI from "openai";

export async function* openai({ url, prompt, model = "m", query, headers, token, signal }) {
  const client = new OpenAI({
    baseURL: url,
    apiKey: token,
    maxRetries: 0,
    defaultQuery: query,
    defaultHeaders: headers,
  });
  const stream = await client.chat.completions.create(
    { model, messages: [{ role: "user", content: prompt }], stream: true, stream_options: { include_usage: true } },
    { signal },
  );
  let reason = null;
  let usage = null;
  for await (const chunk of stream) {
    const choice = chunk.choices[0];
    if (choice?.delta.content) yield { delta: choice.delta.content };
    reason = choice?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  yield { end: { reason, tokens: usage?.total_tokens } };
}
