import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listenForInterruption } from '../../packages/core/src/train/interrupt';

/** Whoever had the signal before: a notebook's kernel, for one. */
const kernel = vi.fn();
beforeEach(() => void process.on('SIGINT', kernel.mockReset()));
afterEach(() => void process.off('SIGINT', kernel));

const press = () => process.emit('SIGINT', 'SIGINT');
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

test('the first signal is a request, the second goes to whoever had them before', async () => {
  const onRequest = vi.fn();
  const interruption = listenForInterruption(undefined, onRequest);
  press();
  expect(interruption.requested).toBe(true);
  expect(onRequest).toHaveBeenCalledTimes(1);
  expect(kernel).not.toHaveBeenCalled();
  press();
  await turn();
  expect(kernel).toHaveBeenCalledTimes(1);
  interruption.release();
  expect(process.listeners('SIGINT')).toEqual([kernel]);
});

test('two runs at once, released in any order, leave the signals as they were', () => {
  const first = listenForInterruption();
  const second = listenForInterruption();
  first.release();
  press();
  expect([first.requested, second.requested]).toEqual([false, true]);
  second.release();
  second.release();
  expect(process.listeners('SIGINT')).toEqual([kernel]);
  expect(process.listenerCount('SIGTERM')).toBe(0);
});

test('a signal after an AbortSignal is the first, as when Ctrl-C reaches a process and the one that started it', async () => {
  const controller = new AbortController();
  const onRequest = vi.fn();
  const interruption = listenForInterruption(controller.signal, onRequest);
  controller.abort();
  press();
  await turn();
  expect(kernel).not.toHaveBeenCalled();
  press();
  await turn();
  expect([onRequest, kernel].map((fn) => fn.mock.calls.length)).toEqual([1, 1]);
  interruption.release();
});

test('an AbortSignal asks, too, and no longer after the release', () => {
  const controller = new AbortController();
  const [early, late] = [listenForInterruption(controller.signal), listenForInterruption(controller.signal)];
  early.release();
  controller.abort();
  expect([early.requested, late.requested]).toEqual([false, true]);
  late.release();
  const tooLate = listenForInterruption(controller.signal);
  expect(tooLate.requested).toBe(true);
  tooLate.release();
});
