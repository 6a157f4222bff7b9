/**
 * Batches of pictures, decoded in threads before they are asked for. A batch is a pure function of (seed, step): neither
 * the number of threads, nor of workers of the training, nor what was asked for before changes it. b own rows of a batch.
 */
import { availableParallelism } from 'node:os';
import { Blip2Error } from '../../runtime';
import { FaultList, type PictureSource } from '../sources';
import type { Done, Outcome } from './messages';
import type { LoaderOptions, PictureBatch, Skipped } from './options';
import { SampleOrder } from './order';
import { DecodeThreads } from './threads';

const PREFETCH = 4;
const WORKERS = 16;
/** Pictures tried for one row before it is held that none can be read. */
const ATTEMPTS = 50;

/** A batch in the making, in one slot of the shared memory. */
interface Making {
  step: number;
  /** Jobs that threads have not answered. */
  jobs: number;
  indices: Int32Array;
  /** [b] pictures that were tried before. */
  attempts: Int32Array;
  ids: string[];
  captions: string[];
  questions: string[];
  skipped: FaultList;
}

/** Decodes in worker threads, prefetching. Pictures that cannot be used are replaced by others, counted, and listed. */
export class PictureLoader {
  /** What was drawn for the batches handed out so far, and could not be used. */
  get skipped(): Skipped {
    return this.faults;
  }
  /** Own rows of a batch. */
  readonly rows: number;
  /** Of the pixels of a batch. */
  readonly batchBytes: number;
  private readonly faults = new FaultList();
  private readonly order: SampleOrder;
  private readonly without: ReadonlySet<number>;
  private readonly slots: SharedArrayBuffer[];
  private readonly making: (Making | undefined)[];
  private readonly threads: DecodeThreads;
  private failure: Blip2Error | undefined;
  private wake: (() => void)[] = [];

  /** @throws Blip2Error if the batch cannot be shared out, or there are fewer pictures than it has rows */
  constructor(
    private readonly source: PictureSource,
    private readonly options: LoaderOptions,
  ) {
    const { batchSize, share = { index: 0, count: 1 }, imageSize, seed, augment } = options;
    const { workers = Math.min(availableParallelism(), WORKERS), prefetch = PREFETCH } = options;
    this.without = new Set(options.without);
    this.rows = batchSize / share.count;
    if (!Number.isInteger(this.rows) || this.rows < 1) {
      throw new Blip2Error(`A batch of ${batchSize} cannot be shared out to ${share.count} workers`, {
        hint: 'Make batchSize a multiple of the number of workers.',
        exitCode: 2,
      });
    }
    if (source.size - this.without.size < batchSize) {
      throw new Blip2Error(`A batch of ${batchSize} cannot be drawn from ${source.size} pictures`, {
        hint: 'Make batchSize smaller, or take more pictures.',
      });
    }
    this.order = new SampleOrder(source, seed);
    this.batchBytes = this.rows * imageSize ** 2 * 3;
    this.slots = Array.from({ length: prefetch + 1 }, () => new SharedArrayBuffer(this.batchBytes));
    this.making = this.slots.map(() => undefined);
    this.threads = new DecodeThreads(
      workers,
      { slots: this.slots, imageSize, seed, augment, wantsAll: options.filters !== undefined },
      { onDone: (done) => this.receive(done), onFailure: (error) => this.fail(error) },
    );
  }

  /**
   * Own rows of the batch of a step, counted from 0.
   * @param target where the pixels [b, S, S, 3] are written: memory that is used again saves the system's clearing of new
   * @throws Blip2Error if pictures cannot be read or a thread is gone
   */
  async batch(step: number, target = new Uint8Array(this.batchBytes)): Promise<PictureBatch> {
    // A timer keeps the process alive as long as something is waited for.
    const alive = setInterval(() => undefined, 1 << 30);
    try {
      for (;;) {
        if (this.failure) throw this.failure;
        this.prepare(step);
        const slot = this.making.findIndex((making) => making?.step === step);
        if (slot >= 0 && this.making[slot]!.jobs === 0) return this.handOut(slot, step, target);
        await new Promise<void>((resolve) => this.wake.push(resolve));
      }
    } finally {
      clearInterval(alive);
    }
  }

  /** Ends the threads. */
  async dispose(): Promise<void> {
    this.failure ??= new Blip2Error('The loader has been disposed of');
    this.wakeAll();
    await this.threads.dispose();
  }

  /** Has the batch of a step and those after it made, in slots that nothing later is made in. */
  private prepare(step: number): void {
    const wanted = this.slots.map((_, i) => step + i);
    for (const [slot, making] of this.making.entries()) {
      if (making?.jobs === 0 && !wanted.includes(making.step)) this.making[slot] = undefined;
    }
    for (const next of wanted) {
      if (this.making.some((making) => making?.step === next)) continue;
      const slot = this.making.indexOf(undefined);
      if (slot < 0) return;
      this.start(slot, next);
    }
  }

  private start(slot: number, step: number): void {
    this.making[slot] = {
      step,
      jobs: 0,
      indices: new Int32Array(this.rows),
      attempts: new Int32Array(this.rows),
      ids: Array<string>(this.rows),
      captions: Array<string>(this.rows),
      questions: Array<string>(this.rows),
      skipped: new FaultList(),
    };
    this.post(slot, [...this.making[slot].ids.keys()]);
  }

  /** Draws pictures for rows, and gives them to the threads. */
  private post(slot: number, rows: readonly number[]): void {
    const making = this.making[slot]!;
    const { share = { index: 0, count: 1 }, batchSize } = this.options;
    const placed = rows.map((row) => {
      const global = making.step * batchSize + share.index * this.rows + row;
      const draw = () =>
        making.attempts[row] === 0 ? this.order.draw(global) : this.order.spare(global, making.attempts[row]);
      let index = draw();
      while (this.without.has(index)) {
        making.attempts[row]++;
        index = draw();
      }
      making.indices[row] = index;
      return { row, index, place: this.source.place(index) };
    });
    making.jobs += this.threads.post({ step: making.step, slot, rows: placed });
  }

  private receive({ slot, outcomes }: Done): void {
    const making = this.making[slot]!;
    const again = outcomes.filter((outcome) => !this.accept(making, outcome)).map(({ row }) => row);
    making.jobs--;
    try {
      if (again.length > 0) this.post(slot, again);
    } catch (error) {
      this.fail(error as Blip2Error);
    }
    if (making.jobs === 0) this.wakeAll();
  }

  /** Is the row done? Otherwise another picture is to be drawn for it. */
  private accept(making: Making, outcome: Outcome): boolean {
    const { row } = outcome;
    const refusal = 'reason' in outcome ? outcome : this.refusalOf(outcome);
    if (!refusal && 'id' in outcome) {
      making.ids[row] = outcome.id;
      making.captions[row] = outcome.caption;
      if (outcome.question !== undefined) making.questions[row] = outcome.question;
      return true;
    }
    const { reason, where } = refusal!;
    making.skipped.add(reason, where);
    if (++making.attempts[row] <= ATTEMPTS) return false;
    this.fail(
      new Blip2Error(
        `${this.source.name}: none of ${ATTEMPTS} pictures could be used, the last: ${where}: ${reason}`,
        {
          hint: 'Check the data: blip2 data check SPEC.',
        },
      ),
    );
    return true;
  }

  private refusalOf(
    outcome: Extract<Outcome, { id: string }>,
  ): { reason: string; where: string } | undefined {
    const { filters = {} } = this.options;
    const { id, captions = [], metadata = {} } = outcome;
    const name = Object.keys(filters).find((key) => !filters[key]({ id, captions, metadata }));
    return name === undefined ? undefined : { reason: `filter ${name}`, where: id };
  }

  private handOut(slot: number, step: number, pixels: Uint8Array): PictureBatch {
    const { indices, ids, captions, questions, skipped } = this.making[slot]!;
    // A copy: the slot is needed again.
    pixels.set(new Uint8Array(this.slots[slot]));
    this.making[slot] = undefined;
    this.faults.addAll(skipped);
    this.prepare(step + 1);
    return { pixels, captions, ...(this.source.asks && { questions }), ids, indices };
  }

  private fail(error: Blip2Error): void {
    this.failure ??= error;
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const wake of this.wake.splice(0)) wake();
  }
}
