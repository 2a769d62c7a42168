import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { embeddingModel, key, model, start } from './gateway.mjs';

let gateway;
let client;
const question = [{ role: 'user', content: 'What is the capital of Peru?' }];

before(async () => {
  gateway = await start();
  client = new OpenAI({ baseURL: gateway.baseURL, apiKey: key, maxRetries: 0 });
});
after(() => gateway.stop());

test('a question is answered', async () => {
  const { data: answer, request_id } = await client.chat.completions
    .create({ model, messages: question, temperature: 0, max_tokens: 32 })
    .withResponse();
  assert.match(answer.choices[0].message.content, /Lima/);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.model, model);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.match(request_id, /^req_/);
});

test('a stream brings the same answer in pieces, and its usage', async () => {
  const options = { model, messages: question, temperature: 0, max_tokens: 32 };
  const whole = await client.chat.completions.create(options);
  const stream = await client.chat.completions.create({ ...options, stream: true, stream_options: { include_usage: true } });
  let text = '';
  let usage;
  const reasons = [];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
    usage = chunk.usage ?? usage;
  }
  assert.match(text, /Lima/);
  assert.deepEqual(reasons, ['stop']);
  assert.equal(usage.prompt_tokens, whole.usage.prompt_tokens);
});

test('the helper for streams puts the answer together', async () => {
  const runner = client.chat.completions.stream({ model, messages: question, temperature: 0, max_tokens: 32 });
  const message = await runner.finalMessage();
  assert.equal(message.role, 'assistant');
  assert.match(message.content, /Lima/);
});

test('max_completion_tokens ends an answer with the reason length', async () => {
  const answer = await client.chat.completions.create({ model, messages: question, max_completion_tokens: 3 });
  assert.equal(answer.choices[0].finish_reason, 'length');
  assert.equal(answer.usage.completion_tokens, 3);
});

test('a stop text ends an answer and is no part of it', async () => {
  const answer = await client.chat.completions.create({ model, messages: question, temperature: 0, stop: ['Lima'] });
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.doesNotMatch(answer.choices[0].message.content, /Lima/);
});

test('the same seed gives the same answer', async () => {
  const ask = async () => (await client.chat.completions.create({ model, messages: question, seed: 7, max_tokens: 16 })).choices[0].message.content;
  assert.equal(await ask(), await ask());
});

test('content parts, a developer message and a name are taken', async () => {
  const answer = await client.chat.completions.create({
    model,
    max_tokens: 8,
    messages: [
      { role: 'developer', content: 'Answer in one word.' },
      { role: 'user', name: 'ana', content: [{ type: 'text', text: 'What is the capital' }, { type: 'text', text: 'of Peru?' }] },
    ],
  });
  assert.equal(answer.choices.length, 1);
});

test('n brings as many choices', async () => {
  const answer = await client.chat.completions.create({ model, messages: question, n: 3, max_tokens: 4 });
  assert.deepEqual(answer.choices.map((c) => c.index), [0, 1, 2]);
  assert.ok(answer.usage.completion_tokens <= 12);
});

test('eight streams at a time all come to their end', async () => {
  const texts = await Promise.all(Array.from({ length: 8 }, async () => {
    const stream = await client.chat.completions.create({ model, messages: question, temperature: 0, max_tokens: 24, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  }));
  for (const text of texts) assert.match(text, /Peru|Lima/);
});

test('a client that breaks off frees the engine', async () => {
  const stream = await client.chat.completions.create({ model, messages: question, max_tokens: 4000, stop: ['\u0000'], stream: true });
  for await (const _ of stream) break;
  let running;
  for (let i = 0; i < 500 && running !== 0; i++) {
    const text = await (await fetch(gateway.metricsURL)).text();
    running = Number(/^gateway_engine_requests_running\{.*\} (\d+)$/m.exec(text)[1]);
  }
  assert.equal(running, 0);
});

test('completions continue a text, several, and token ids', async () => {
  const one = await client.completions.create({ model, prompt: 'The capital of Peru is', temperature: 0, max_tokens: 4, echo: true });
  assert.match(one.choices[0].text, /^The capital of Peru is/);
  const two = await client.completions.create({ model, prompt: ['One, two,', 'A, B,'], max_tokens: 2 });
  assert.equal(two.choices.length, 2);
  const ids = await client.completions.create({ model, prompt: [504, 3575], max_tokens: 2 });
  assert.equal(ids.usage.prompt_tokens, 2);
  let text = '';
  for await (const chunk of await client.completions.create({ model, prompt: 'One, two,', max_tokens: 4, stream: true })) text += chunk.choices[0]?.text ?? '';
  assert.ok(text.length > 0);
});

test('as many prompts as one request may have are answered, more than wait in the queue', async () => {
  const answer = await client.completions.create({ model, prompt: Array(128).fill('Hello'), max_tokens: 1 });
  assert.equal(answer.choices.length, 128);
  assert.equal(answer.usage.completion_tokens, 128);
});

test('a stream of emoji is the same text as the answer in one piece', async () => {
  const options = { model, prompt: '😀😀😀😀🎉👨‍👩‍👧', temperature: 0, max_tokens: 24, echo: true };
  const whole = await client.completions.create(options);
  let text = '';
  for await (const chunk of await client.completions.create({ ...options, stream: true })) text += chunk.choices[0].text;
  assert.equal(text, whole.choices[0].text);
  assert.ok(text.startsWith(options.prompt));
});

test('models are listed and found', async () => {
  const list = [];
  for await (const m of client.models.list()) list.push(m.id);
  assert.deepEqual(list, [embeddingModel, model]);
  assert.equal((await client.models.retrieve(model)).object, 'model');
});

test('errors are raised as the classes that the client has for them', async () => {
  const stranger = new OpenAI({ baseURL: gateway.baseURL, apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  await assert.rejects(client.chat.completions.create({ model: 'nothing', messages: question }), (e) =>
    e instanceof OpenAI.NotFoundError && e.code === 'model_not_found' && e.type === 'invalid_request_error' && e.requestID.startsWith('req_'));
  await assert.rejects(client.chat.completions.create({ model, messages: [] }), (e) => e instanceof OpenAI.BadRequestError && e.param === 'messages');
  await assert.rejects(client.chat.completions.create({ model, messages: [{ role: 'user', content: 'word '.repeat(9000) }] }), (e) =>
    e instanceof OpenAI.BadRequestError && e.code === 'context_length_exceeded' && /8192.*90\d\d/.test(e.message));
});

const refused = {
  tools: [{ type: 'custom', custom: { name: 'f' } }],
  response_format: { type: 'grammar' },
  logit_bias: { 5: 101 },
  top_logprobs: 2,
  reasoning_effort: 'high',
  audio: { voice: 'alloy', format: 'wav' },
  modalities: ['text', 'audio'],
  prediction: { type: 'content', content: 'x' },
  store: true,
  web_search_options: {},
  metadata: { a: 'b' },
  functions: [{ name: 'f' }],
  verbosity: 'high',
  service_tier: 'flex',
  no_such_field: 1,
};
for (const [name, value] of Object.entries(refused)) {
  test(`${name} is refused by name`, async () => {
    await assert.rejects(client.chat.completions.create({ model, messages: question, [name]: value }), (e) =>
      e instanceof OpenAI.BadRequestError && e.message.includes(name) && e.param.startsWith(name));
  });
}
