/** Several processes as one TensorFlow cluster, over the loopback interface. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const script = join(import.meta.dirname, 'collectiveWorker.ts');

/** Two ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function worker(index: number, addresses: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, `${index}`, ...addresses]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0 ? stdout.trim() : stderr)));
}

it('two processes sum a tensor, eagerly and compiled, and both have the sum', async () => {
  const addresses = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  const sums = await Promise.all([0, 1].map((index) => worker(index, addresses)));
  expect(sums).toEqual(Array(2).fill('[[3,30,300],[6,60,600]]'));
});
