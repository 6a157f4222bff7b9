/**
 * The processes that train together: TensorFlow's own distributed runtime, set up from `TF_CONFIG` as its users know it
 * (Kubeflow's TFJob, Vertex AI, a Slurm script, `blip2 launch`). One process is one worker; all compute the same.
 */
import { z } from 'zod';
import { nativeBinding } from './binding';
import { serverDef, taskName } from './clusterProto';
import { Blip2Error } from './errors';

/** Which of `count` workers, from 0: each computes its own rows of a batch. */
export interface Share {
  index: number;
  count: number;
}

export class Cluster implements Share {
  private keys = 0;
  private watched = false;

  constructor(
    /** host:port of each worker. */
    readonly addresses: readonly string[],
    readonly index: number,
  ) {}

  get count(): number {
    return this.addresses.length;
  }

  /** What tells one collective from another. All workers trace the same functions in the same order, so all count alike. */
  nextKey(): number {
    return ++this.keys;
  }

  /**
   * From here on a worker that is gone makes the collectives of the others fail within some ten seconds; before, they
   * would wait for it. Comes after the first collective: who asks for a worker that is not there yet may not reach it then.
   */
  watch(): void {
    if (this.watched) return;
    this.watched = true;
    const tasks = this.addresses.map((_, task) => taskName(task));
    nativeBinding().watchTasks(tasks.filter((_, task) => task !== this.index));
  }
}

const address = z.string().regex(/^[^\s:]+:\d+$/, 'should be host:port');
const schema = z.object({
  cluster: z.record(z.string(), z.array(address)),
  task: z.object({ type: z.string(), index: z.coerce.number().int().nonnegative() }),
});

/** Jobs whose processes train, in this order; `master` is the older name of `chief`. */
const TRAINING_JOBS = ['chief', 'master', 'worker'];

/**
 * The cluster of a `TF_CONFIG`; undefined where there is none, or a single process in it.
 * @throws Blip2Error naming what is wrong with it
 */
export function readCluster(text: string | undefined): Cluster | undefined {
  if (!text?.trim()) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(`it is not JSON: ${(cause as Error).message}`);
  }
  if (typeof json === 'object' && json !== null && !('cluster' in json)) return undefined; // TensorFlow's default
  const { data, error } = schema.safeParse(json);
  if (error) throw wrong(`${error.issues[0].path.join('.')}: ${error.issues[0].message}`);
  const { cluster, task } = data;
  const jobs = TRAINING_JOBS.filter((job) => cluster[job]);
  const before = jobs.slice(0, Math.max(0, jobs.indexOf(task.type))).flatMap((job) => cluster[job]);
  if (!jobs.includes(task.type)) {
    throw wrong(`task.type is "${task.type}"; processes that train are called ${TRAINING_JOBS.join(', ')}`);
  }
  if (task.index >= cluster[task.type].length) {
    throw wrong(`task.index is ${task.index}, and cluster.${task.type} has ${cluster[task.type].length}`);
  }
  const addresses = jobs.flatMap((job) => cluster[job]);
  return addresses.length > 1 ? new Cluster(addresses, before.length + task.index) : undefined;
}

function wrong(what: string): Blip2Error {
  return new Blip2Error(`TF_CONFIG: ${what}`, {
    hint: 'See docs/distributed.md for what it holds; unset it to train in one process.',
    exitCode: 2,
  });
}

let joined: Cluster | undefined;

/** The cluster that this process is part of. */
export const cluster = (): Cluster | undefined => joined;

/**
 * Makes this process the worker that `TF_CONFIG` says it is; training then is shared with the others. Comes before the
 * first tensor. The other workers may come later: the first collective waits for them.
 * @returns the cluster; undefined where there is none to join
 * @throws Blip2Error if `TF_CONFIG` is wrong, if there are tensors already, or if the port is taken
 */
export function joinCluster(text: string | undefined = process.env.TF_CONFIG): Cluster | undefined {
  if (joined) return joined;
  const found = readCluster(text);
  if (!found) return undefined;
  const native = nativeBinding();
  if (native.getNumOfTensors() > 0) {
    throw new Blip2Error('There are tensors already: a process joins its cluster before the first', {
      hint: 'Call joinCluster() first of all, before data, towers or models are loaded.',
    });
  }
  const { addresses, index } = found;
  try {
    native.enableCollectives(serverDef(addresses, index));
  } catch (cause) {
    throw new Blip2Error(`Worker ${index} cannot listen at ${addresses[index]}: ${firstLine(cause)}`, {
      hint: 'Is the port free? Does another process have the same TF_CONFIG?',
      cause,
    });
  }
  joined = found;
  return joined;
}

/** What TensorFlow says, without the number before it. */
const firstLine = (cause: unknown): string =>
  (cause as Error).message.replace(/^Invalid TF_Status: \d+\s+Message: /, '').split('\n')[0];

/** Why a collective failed, if that is what `error` says; else `error` itself. */
export function explainCollective(error: unknown, { addresses }: Cluster): unknown {
  if (!(error instanceof Error) || error instanceof Blip2Error) return error;
  if (!/collective|RecvBuf/i.test(error.message)) return error;
  // Who it was, if the watch noticed it first; a connection that broke does not say whose it was.
  const lost = new RegExp(`lost ${taskName(0).replace(/\d+$/, '')}(\\d+)`).exec(error.message)?.[1];
  const which = lost === undefined ? 'A worker' : `Worker ${lost} (${addresses[Number(lost)]})`;
  const reason = firstLine(error)
    .replace(/\{\{.*?\}\}\s*/g, '')
    .slice(0, 200);
  return new Blip2Error(`${which} is gone, and the others cannot go on: ${reason}`, {
    hint: 'What it wrote last says why. Start all workers again with --resume: the run goes on from its last checkpoint.',
    cause: error,
  });
}
