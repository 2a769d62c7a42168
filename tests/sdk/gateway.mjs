// Starts the built gateway on a free port, with the shipped model and no configuration, and stops it again.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.GATEWAY_PROGRAM ?? path.join(root, 'src/Gateway/bin/Release/net10.0/gateway.dll');

export const key = 'test-key-of-the-sdk-suite';
export const model = 'smollm2-135m-instruct';
export const embeddingModel = 'multilingual-e5-small';

export async function start() {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-sdk-'));
  const child = spawn('dotnet', [program, '--urls', 'http://127.0.0.1:0'], {
    cwd: folder,
    env: { ...process.env, GATEWAY_DEMO_KEY: key, GATEWAY_DATA_DIR: folder, GATEWAY_ADMIN_URL: 'http://127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  let api;
  let admin;
  for await (const line of lines) {
    api ??= /^ {2}API +(\S+)/.exec(line)?.[1];
    admin ??= /^ {2}Admin +(\S+)/.exec(line)?.[1];
    if (line.includes('chat/completions')) break;
  }
  child.stdout.resume();
  return {
    baseURL: api,
    metricsURL: admin,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
