// npm openai: one call of each endpoint, and what it brought.
import OpenAI, { toFile } from "openai";

export async function* openaiEndpoints({ url, token, model }) {
  const client = new OpenAI({ baseURL: url, apiKey: token, maxRetries: 0 });
  const file = async () => toFile(Buffer.from("sound"), "a.mp3");
  const events = [];
  for await (const event of await client.responses.create({ model, input: "hi", stream: true })) events.push(event.type);
  const speech = await client.audio.speech.create({ model, voice: "alloy", input: "hi" });
  yield {
    end: {
      chat: (await client.chat.completions.create({ model, messages: [] })).choices[0].message.content,
      response: (await client.responses.create({ model, input: "hi" })).output_text,
      lastEvent: events.at(-1),
      embedding: (await client.embeddings.create({ model, input: "hi", encoding_format: "float" })).data[0].embedding,
      models: (await client.models.list()).data.map(({ id }) => id),
      speech: Buffer.from(await speech.arrayBuffer()).toString(),
      transcript: (await client.audio.transcriptions.create({ model, file: await file() })).text,
      picture: (await client.images.generate({ model, prompt: "a cat" })).data[0].b64_json,
      edited: (await client.images.edit({ model, prompt: "a cat", image: await file() })).data[0].b64_json,
      stored: (await client.responses.retrieve("resp_1")).output_text,
    },
  };
}
