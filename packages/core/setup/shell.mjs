// Runs other programs: quietly during set-up (their output is shown only when they fail), or in the open.
import { spawn, spawnSync } from 'node:child_process';
import { SetupError } from './errors.mjs';
import { addToLock } from './lock.mjs';
import { root } from './paths.mjs';

const KEPT_OUTPUT = 8000;
const STOP_MS = 3000;

/**
 * Runs a program to its end and resolves to its standard output. Throws a SetupError that holds the end of what
 * it printed. `onLine` sees each line as it comes.
 */
export function run(program, args, { cwd = root, env = {}, onLine, hint } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Stopping waits for the child: an npm that still undoes its work would spoil the next start's.
    let isStopped = false;
    const stop = (signal) => {
      if (isStopped) return;
      isStopped = true;
      console.error('\nStopping …');
      child.kill(signal);
      setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    if (child.pid) addToLock(child.pid);
    let stdout = '';
    let tail = '';
    const listen = (stream, keep) => {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        if (keep) stdout += text;
        tail = (tail + text).slice(-KEPT_OUTPUT);
        if (onLine) text.split('\n').filter(Boolean).forEach(onLine);
      });
    };
    listen(child.stdout, true);
    listen(child.stderr, false);
    const command = [program, ...args].join(' ').slice(0, 300);
    child.on('error', (error) =>
      reject(new SetupError(`Could not start: ${command}\n${error.message}`, hint)),
    );
    child.on('close', (code, signal) => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      if (isStopped) {
        console.error('Stopped. The next start goes on from this step.');
        process.exit(130);
      }
      if (code === 0) resolve(stdout);
      else reject(new SetupError(`${tail.trim()}\n\nFailed (${signal ?? `exit ${code}`}): ${command}`, hint));
    });
  });
}

/** What a short program prints, or undefined when it is missing or fails. */
export function output(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Runs a program in the foreground, sharing this terminal; resolves to its exit code. */
export function runInForeground(program, args, { cwd = root, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
    // Ctrl-C reaches the child as well: let it save and end first.
    const wait = () => {};
    process.on('SIGINT', wait);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}
