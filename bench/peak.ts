/** The most products that the machine makes in a second: large square matrices, by ours and by PyTorch; the larger counts. */
import type { Precision } from './cases';
import { ourWorker, peerWorker, type Program } from './processes';
import type { Worker } from './worker';

/** 10⁹ operations per second; absent where nothing was measured. */
export type Peaks = Partial<Record<Precision, number>>;

const SIZE = 2048;
const STEPS = 12;

async function rate(worker: Worker): Promise<number> {
  try {
    await worker.ready();
    const { times } = await worker.run(STEPS);
    return (2 * SIZE ** 3) / Math.min(...times) / 1e6;
  } catch {
    return 0;
  } finally {
    await worker.stop();
  }
}

/** @param precisions that the processor has units for */
export async function measurePeaks(
  precisions: readonly Precision[],
  threads: string,
  hasTorch: boolean,
): Promise<Peaks> {
  const peaks: Peaks = {};
  for (const precision of precisions) {
    const program = (file: string): Program => ({
      ...{ file, config: JSON.stringify({ size: SIZE }), variant: precision, threads, warmUp: 2 },
    });
    const rates = [await rate(ourWorker(program('product.ts')))];
    if (hasTorch) rates.push(await rate(peerWorker(program('product.py'))));
    peaks[precision] = Math.max(...rates);
  }
  return peaks;
}
