/** What CapFilt can be told, and what it does if it is told nothing. */
import { z } from 'zod';
import { Blip2Error } from '../runtime';

const count = z.number().int().positive();

const schema = z.strictObject({
  /** Captions drawn of each picture; 10 as in the paper. */
  samples: count.default(10),
  /** Captions kept of each picture, the web's being one of those ranked; 2 as in the paper. */
  keep: count.default(2),
  /** Of nucleus sampling; 0.9 as in BLIP (the paper does not say). */
  topP: z.number().positive().max(1).default(0.9),
  /** Whether captions that read alike count once, so that the kept ones differ; see docs/capfilt.md for what it does. */
  distinct: z.boolean().default(true),
  /** The most tokens of a caption, 16 as in BLIP after its prompt of 4; one that is not finished then is passed over. */
  maxNewTokens: count.default(16),
  /** Of all draws. */
  seed: z.number().int().nonnegative().default(0),
  /** Pictures at a time. Part of what the draws depend on. */
  batchSize: count.default(64),
});

export type CapFiltSettings = z.output<typeof schema>;
export type CapFiltSettingOptions = z.input<typeof schema>;

/** Defaults filled in. @throws Blip2Error naming an option that is unknown or out of range */
export function parseCapFilt(options: CapFiltSettingOptions): CapFiltSettings {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const what =
    issue.code === 'unrecognized_keys'
      ? `unknown option ${issue.keys[0]}`
      : `${issue.path.join('.')}: ${issue.message}`;
  throw new Blip2Error(`CapFilt: ${what}`, { hint: 'See docs/capfilt.md for the options.', exitCode: 2 });
}
