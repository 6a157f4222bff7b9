/**
 * Training data without what nobody should be trained on. A filter is a function of an example that says whether it
 * stays; what is left out is counted under the filter's name, and told at the end of a training.
 */
import { Blip2Error } from '../runtime';
import { canonicalJson, sha256, type JsonObject } from '../checkpoints';
import type { ImageTextDataset, ImageTextSplit, LeftOut } from './dataset';

/** What a filter sees of an example. */
export interface FilteredExample {
  id: string;
  captions: readonly string[];
  /** Columns that came with it (LAION's `NSFW`, a licence); empty where the data has none. */
  metadata: Readonly<Record<string, unknown>>;
}

/** Does an example stay? */
export type ExampleFilter = (example: FilteredExample) => boolean;

/** By the names under which they are counted. */
export type ExampleFilters = Readonly<Record<string, ExampleFilter>>;

/**
 * The data without the training examples that any of the filters refuses; validation and test stay whole. Captions are
 * judged as they are: put others in their place (`withCaptions`) before, not after.
 *
 * `train.leftOut` counts what is gone, under the first filter that refused it. `options.trainFilter` has the same, with a
 * hash of what stayed, so that a recipe's hash knows.
 *
 * @throws Blip2Error if nothing stays; what a filter throws, with the id of the example
 */
export function withFilters<D extends ImageTextDataset>(data: D, filters: ExampleFilters): D {
  const { train } = data;
  const kept: number[] = [];
  const by = Object.fromEntries(Object.keys(filters).map((name) => [name, 0]));
  for (let index = 0; index < train.size; index++) {
    const refusing = refusingFilter(train, index, filters);
    if (refusing === undefined) kept.push(index);
    else by[refusing]++;
  }
  const leftOut = { of: train.size, by };
  if (kept.length === 0) {
    throw new Blip2Error(
      `${data.name}: no training example passed the filters (${describeLeftOut(leftOut)})`,
      {
        hint: 'Check that the data has the columns that the filters look at.',
      },
    );
  }
  const hash = sha256(canonicalJson(kept.map((index) => train.id(index))));
  const trainFilter: JsonObject = { kept: hash, ...leftOut };
  return { ...data, options: { ...data.options, trainFilter }, train: subset(train, kept, leftOut, hash) };
}

/** "1,200 of 10,000: blocked words 1,000, unsafe 200" */
export function describeLeftOut({ of, by }: LeftOut): string {
  const number = (value: number) => value.toLocaleString('en');
  const total = Object.values(by).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(by).map(([name, count]) => `${name} ${number(count)}`);
  return `${number(total)} of ${number(of)}: ${parts.join(', ')}`;
}

function refusingFilter(train: ImageTextSplit, index: number, filters: ExampleFilters): string | undefined {
  const example: FilteredExample = {
    id: train.id(index),
    captions: train.captions(index),
    metadata: train.metadata?.(index) ?? {},
  };
  return Object.keys(filters).find((name) => {
    try {
      return !filters[name](example);
    } catch (cause) {
      throw new Blip2Error(`Filter '${name}' failed on ${example.id}: ${(cause as Error).message}`, {
        cause,
      });
    }
  });
}

/** The examples of these numbers, counted anew. */
function subset(
  split: ImageTextSplit,
  kept: readonly number[],
  leftOut: LeftOut,
  hash: string,
): ImageTextSplit {
  const { name, imageSize } = split;
  return {
    name,
    size: kept.length,
    imageSize,
    get identity() {
      return { ...split.identity, kept: hash };
    },
    leftOut,
    id: (index) => split.id(kept[index]),
    pixels: (index) => split.pixels(kept[index]),
    captions: (index) => split.captions(kept[index]),
    webCaptions: split.webCaptions && ((index) => split.webCaptions!(kept[index])),
    questions: split.questions && ((index) => split.questions!(kept[index])),
    describes: split.describes && ((index, text) => split.describes!(kept[index], text)),
    swaps: split.swaps && ((index) => split.swaps!(kept[index])),
    metadata: split.metadata && ((index) => split.metadata!(kept[index])),
  };
}
