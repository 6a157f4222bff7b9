/** What PyTorch computed (test/fixtures/README.md), and the project's rule for comparing gradients. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SafetensorsFile } from '../../packages/core/src/checkpoints';
import { tf, type Tensor } from '../../packages/core/src/runtime';
import { values, type Values } from './allclose';

const FOLDER = join(import.meta.dirname, '..', 'fixtures');

export class Fixture {
  private readonly file: SafetensorsFile;

  constructor(private readonly name: string) {
    this.file = new SafetensorsFile(join(FOLDER, `${name}.safetensors`));
  }

  config<T>(): T {
    return JSON.parse(readFileSync(join(FOLDER, `${this.name}.json`), 'utf8')) as T;
  }

  values(name: string): Values & { data: Float32Array } {
    return { shape: this.file.info(name).shape, data: this.file.float32(name) };
  }

  tensor(name: string): Tensor {
    const { shape, dtype } = this.file.info(name);
    return dtype === 'I32'
      ? tf.tensor(this.file.int32(name), shape, 'int32')
      : tf.tensor(this.file.float32(name), shape);
  }

  scalar(name: string): number {
    return this.file.float32(name)[0];
  }

  /** Names behind a prefix such as `w.`, without it. */
  names(prefix: string): string[] {
    return this.file.names().flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  }

  tensors(prefix: string): Record<string, Tensor> {
    return Object.fromEntries(this.names(prefix).map((name) => [name, this.tensor(prefix + name)]));
  }
}

const norm = (data: ArrayLike<number>): number =>
  Math.sqrt(Array.from(data).reduce((sum, x) => sum + x * x, 0));

/**
 * The largest ‖g − g'‖ / max(‖g‖, 1e-4 · ‖all g‖) over the parameters, and whose it is: at most 1e-4 to agree.
 */
export function gradientError(
  expected: Record<string, Values>,
  found: Record<string, Tensor>,
): { error: number; name: string } {
  const total = norm(Object.values(expected).map(({ data }) => norm(data)));
  const errors = Object.entries(expected).map(([name, { data }]) => {
    const actual = values(found[name]).data;
    const difference = norm(Array.from(data, (x, i) => x - actual[i]));
    return { error: difference / Math.max(norm(data), 1e-4 * total), name };
  });
  // NaN is the worst of all, and no comparison finds it.
  return errors.reduce((worst, next) =>
    Number.isNaN(worst.error) || next.error <= worst.error ? worst : next,
  );
}
