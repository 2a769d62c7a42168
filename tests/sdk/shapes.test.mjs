// Every kind of answer against the types of OpenAI's own client (which are made from OpenAI's API description), and, where that
// description is at hand (OPENAI_OPENAPI=openapi.json), against the description itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import Ajv2020 from 'ajv/dist/2020.js';
import { embeddingModel, key, model, start } from './gateway.mjs';

// Kind of answer: the client's type, and the schema of the description.
const kinds = {
  chat: ['OpenAI.Chat.ChatCompletion', 'CreateChatCompletionResponse'],
  chatChunk: ['OpenAI.Chat.ChatCompletionChunk', 'CreateChatCompletionStreamResponse'],
  completion: ['OpenAI.Completion', 'CreateCompletionResponse'],
  completionChunk: ['OpenAI.Completion', 'CreateCompletionResponse'],
  embeddings: ['OpenAI.CreateEmbeddingResponse', 'CreateEmbeddingResponse'],
  models: ['{ object: "list", data: OpenAI.Model[] }', 'ListModelsResponse'],
  model: ['OpenAI.Model', 'Model'],
  error: ['{ error: { message: string, type: string, param: string | null, code: string | null } }', 'ErrorResponse'],
};

// The description is OpenAPI 3.1 with leftovers of 3.0, which JSON Schema does not know.
function withoutNullable(schema) {
  if (Array.isArray(schema)) return schema.map(withoutNullable);
  if (schema === null || typeof schema !== 'object') return schema;
  const { nullable, ...rest } = schema;
  const mapped = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, withoutNullable(value)]));
  return nullable === true ? { anyOf: [mapped, { type: 'null' }] } : mapped;
}

let gateway;
const answers = [];

async function call(kind, url, body, authorization = `Bearer ${key}`) {
  const response = await fetch(gateway.baseURL + url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  assert.ok(response.headers.get('x-request-id'));
  const text = await response.text();
  if (!response.headers.get('content-type').startsWith('text/event-stream')) {
    answers.push([kind, JSON.parse(text)]);
    return;
  }

  const events = text.split('\n\n').filter((e) => e !== '').map((e) => e.replace(/^data: /, ''));
  assert.equal(events.pop(), '[DONE]');
  answers.push(...events.map((e) => [kind, inShape(kind, JSON.parse(e))]));
}

// The description gives a stream of completions the shape of a whole one, where these two are never null; OpenAI's own servers send null.
function inShape(kind, chunk) {
  if (kind !== 'completionChunk') return chunk;
  if (chunk.usage === null) delete chunk.usage;
  for (const choice of chunk.choices) choice.finish_reason ??= 'stop';
  return chunk;
}

before(async () => {
  gateway = await start();
  const messages = [{ role: 'user', content: 'Hello' }];
  await call('chat', '/chat/completions', { model, messages, max_tokens: 4 });
  await call('chat', '/chat/completions', { model, messages, n: 2, stop: 'o' });
  await call('chatChunk', '/chat/completions', { model, messages, max_tokens: 4, stream: true });
  await call('chatChunk', '/chat/completions', { model, messages, n: 2, max_tokens: 4, stream: true, stream_options: { include_usage: true } });
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false } } }];
  const schema = { type: 'json_schema', json_schema: { name: 'n', strict: true, schema: tools[0].function.parameters } };
  await call('chat', '/chat/completions', { model, messages, tools, tool_choice: 'required' });
  await call('chat', '/chat/completions', { model, messages, tools, tool_choice: { type: 'function', function: { name: 'f' } }, max_tokens: 12 });
  await call('chat', '/chat/completions', { model, messages, response_format: schema, logprobs: true, top_logprobs: 2 });
  await call('chatChunk', '/chat/completions', { model, messages, tools, tool_choice: 'required', stream: true, stream_options: { include_usage: true } });
  await call('chatChunk', '/chat/completions', { model, messages, max_tokens: 4, logprobs: true, top_logprobs: 20, stream: true });
  await call('completion', '/completions', { model, prompt: 'Hello', max_tokens: 4 });
  await call('completion', '/completions', { model, prompt: 'Hello', max_tokens: 4, logprobs: 2 });
  await call('completionChunk', '/completions', { model, prompt: 'Hello', max_tokens: 4, logprobs: 0, stream: true });
  await call('completion', '/completions', { model, prompt: ['Hello', 'there'], max_tokens: 4, echo: true });
  await call('completionChunk', '/completions', { model, prompt: 'Hello', max_tokens: 4, stream: true, stream_options: { include_usage: true } });
  await call('embeddings', '/embeddings', { model: embeddingModel, input: 'query: Hello' });
  await call('embeddings', '/embeddings', { model: embeddingModel, input: [[0, 5, 2], [0, 6, 2]], dimensions: 8, encoding_format: 'float', user: 'u' });
  await call('error', '/embeddings', { model: embeddingModel, input: '' });
  await call('error', '/embeddings', { model, input: 'Hello' });
  await call('error', '/rerank', { model, query: 'Hello', documents: ['there'] });
  await call('models', '/models');
  await call('model', `/models/${model}`);
  await call('error', '/models/nothing');
  await call('error', '/models', undefined, 'Bearer wrong');
  await call('error', '/nothing');
  await call('error', '/chat/completions');
  await call('error', '/chat/completions', { model });
  await call('error', '/chat/completions', { model: 'nothing', messages });
  await call('error', '/chat/completions', { model, messages, tools, tool_choice: 'sometimes' });
  await call('error', '/chat/completions', '{"model":');
});
after(() => gateway.stop());

test("answers are of the client's types", async () => {
  const folder = await mkdtemp(path.join(import.meta.dirname, 'node_modules/.shapes-'));
  try {
    const file = path.join(folder, 'answers.ts');
    const lines = answers.map(([kind, answer], i) => `export const answer${i}: ${kinds[kind][0]} = ${JSON.stringify(answer)};`);
    await writeFile(file, `import OpenAI from 'openai';\n${lines.join('\n')}\n`);
    const tsc = path.join(import.meta.dirname, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', file])
      .catch((e) => assert.fail(e.stdout));
  } finally {
    await rm(folder, { recursive: true });
  }
});

const description = process.env.OPENAI_OPENAPI;
test("answers validate against OpenAI's API description", { skip: description ? false : 'OPENAI_OPENAPI does not name openapi.json' }, async () => {
  const document = JSON.parse(await readFile(description, 'utf8'));
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'openapi', components: withoutNullable(document.components) });
  for (const [kind, answer] of answers) {
    const validate = ajv.getSchema(`openapi#/components/schemas/${kinds[kind][1]}`);
    assert.ok(validate(answer), `${kind}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(answer)}`);
  }
});
