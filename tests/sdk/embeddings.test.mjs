// The official OpenAI client for Node: embeddings of the shipped model, as a user meets them who starts the gateway without configuration.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { embeddingModel as model, key, model as chatModel, start } from './gateway.mjs';

let gateway;
let client;
before(async () => {
  gateway = await start();
  client = new OpenAI({ baseURL: gateway.baseURL, apiKey: key, maxRetries: 0 });
});
after(() => gateway.stop());

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

test('the base64 that the client asks for by itself holds the same numbers as floats do', async () => {
  const input = 'query: How much protein should a woman eat per day?';
  const byItself = await client.embeddings.create({ model, input });
  const floats = await client.embeddings.create({ model, input, encoding_format: 'float' });
  assert.equal(byItself.data[0].embedding.length, 384);
  assert.ok(dot(byItself.data[0].embedding, floats.data[0].embedding) > 0.999);
  assert.ok(Math.abs(dot(floats.data[0].embedding, floats.data[0].embedding) - 1) < 1e-3);
  assert.equal(byItself.usage.prompt_tokens, byItself.usage.total_tokens);
  assert.ok(byItself.usage.total_tokens > 8);
});

test('a question finds its translation among others', async () => {
  const input = ['How do I boil an egg?', 'Wie koche ich ein Ei?', 'Where is the train station?', '¿Dónde está la estación de tren?'].map((t) => `query: ${t}`);
  const { data } = await client.embeddings.create({ model, input });
  assert.deepEqual(data.map((d) => d.index), [0, 1, 2, 3]);
  const nearest = data.map((d, i) => data.filter((_, j) => j !== i).sort((a, b) => dot(d.embedding, b.embedding) - dot(d.embedding, a.embedding))[0].index);
  assert.deepEqual(nearest, [1, 0, 3, 2]);
});

test('dimensions shorten a vector', async () => {
  const { data } = await client.embeddings.create({ model, input: 'query: Hello', dimensions: 32 });
  assert.equal(data[0].embedding.length, 32);
  assert.ok(Math.abs(dot(data[0].embedding, data[0].embedding) - 1) < 1e-3);
});

test('errors name the input', async () => {
  await assert.rejects(client.embeddings.create({ model, input: ['a', ''] }), (e) => e instanceof OpenAI.BadRequestError && e.param === 'input[1]');
  await assert.rejects(client.embeddings.create({ model, input: 'word '.repeat(600) }), (e) =>
    e instanceof OpenAI.BadRequestError && e.code === 'context_length_exceeded' && /512.*60\d/.test(e.message));
  await assert.rejects(client.embeddings.create({ model, input: Array(2049).fill('a') }), (e) => e instanceof OpenAI.BadRequestError && /2048/.test(e.message));
  await assert.rejects(client.embeddings.create({ model: chatModel, input: 'a' }), (e) =>
    e instanceof OpenAI.BadRequestError && e.code === 'model_not_supported' && e.message.includes(model));
});
