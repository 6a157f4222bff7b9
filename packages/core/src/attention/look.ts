/**
 * What is kept of one pass of the Q-Former: where its queries look, what its text makes of the queries, and further maps
 * where they are asked for.
 *
 * Gradients: a map's probabilities times the positive part of the score's gradient by them, each head on its own. It is
 * the factor that Chefer, Gur and Wolf ("Generic Attention-Model Explainability for Interpreting Bi-Modal and
 * Encoder-Decoder Transformers", 2021, equation 5) average over heads, and what LAVIS shows of BLIP's matching as GradCAM.
 *
 * B batch, H heads, Q queries, T text tokens, P patches, class token included.
 */
import { compile, tf, valueAndGradients, type Compiled, type Tensor, type TensorTree } from '../runtime';
import type { QformerOutput } from '../models';
import type { AttentionSource, LayerMap } from './bundle';
import type { FurtherSource } from './format';
import { attentionRollout } from './rollout';

/** By number of the block. */
type ByLayer = Record<number, Tensor>;

/** See the head of the file. */
export type Look = {
  /** Cross-attention [B, H, Q, P]. */
  maps: ByLayer;
  /** Self-attention of the text on the queries [B, H, T, Q], of a pass with text. */
  tokens?: ByLayer;
  /** [B, Q, P] */
  rollout?: Tensor;
  /** [B, H, Q, P] */
  gradients?: ByLayer;
};

/** What is looked at, and what is differentiated: a scalar, summed over the batch. */
export interface Pass {
  output: QformerOutput;
  score?: Tensor;
}

/**
 * @param pass runs the Q-Former, with probes (`QformerInput`) where it is given some
 * @param probes zeros for all blocks that read the image, made where gradients are wanted
 */
export function lookAt(
  pass: (probes?: ByLayer) => Pass,
  sources: readonly FurtherSource[],
  probes: () => ByLayer,
): Look {
  const seen = (output: QformerOutput): Look => ({
    maps: output.crossAttentions,
    tokens: output.text && tokensOnQueries(output),
    rollout: sources.includes('rollout') ? attentionRollout(output) : undefined,
  });
  if (!sources.includes('gradients')) return seen(pass().output);
  const zeros = probes();
  const { value, gradients } = valueAndGradients(() => {
    const { output, score } = pass(zeros);
    return { loss: score!, look: seen(output) };
  }, zeros);
  const { look } = value;
  return { ...look, gradients: mapLayers(look.maps, (map, layer) => map.mul(tf.relu(gradients[layer]))) };
}

function tokensOnQueries({ selfAttentions, queries }: QformerOutput): ByLayer {
  const count = queries!.shape[1]!;
  return Object.fromEntries(
    selfAttentions.map((map, layer) => [layer, map.slice([0, 0, count, 0], [-1, -1, -1, count])]),
  );
}

function mapLayers(maps: ByLayer, change: (map: Tensor, layer: string) => Tensor): ByLayer {
  return Object.fromEntries(Object.entries(maps).map(([layer, map]) => [layer, change(map, layer)]));
}

/** A look on the host. */
export interface Seen {
  maps: LayerMap[];
  tokens?: LayerMap[];
  rollout?: LayerMap;
  gradients?: LayerMap[];
}

/** Reads maps and frees them. */
export function readMaps(maps: ByLayer): LayerMap[] {
  return Object.entries(maps).map(([layer, map]) => {
    const values = map.dataSync<'float32'>();
    map.dispose();
    return { layer: Number(layer), shape: map.shape.slice(), values };
  });
}

/** A way of looking, compiled once for each choice of further sources. */
export class Looks<A extends TensorTree[]> {
  private readonly compiled = new Map<string, Compiled<A, Look>>();

  constructor(private readonly look: (sources: readonly FurtherSource[], ...args: A) => Look) {}

  see(sources: readonly FurtherSource[], args: () => A): Seen {
    const key = [...sources].sort().join();
    const compiled =
      this.compiled.get(key) ?? compile((...all: A) => this.look(sources, ...all), { name: 'look' });
    this.compiled.set(key, compiled);
    const { maps, tokens, rollout, gradients } = tf.tidy(() => compiled(...args()));
    return {
      maps: readMaps(maps),
      tokens: tokens && readMaps(tokens),
      rollout: rollout && readMaps([rollout])[0],
      gradients: gradients && readMaps(gradients),
    };
  }

  dispose(): void {
    for (const compiled of this.compiled.values()) compiled.dispose();
    this.compiled.clear();
  }
}

/**
 * What belongs to one picture of a batch.
 * @param tokens names of its text's tokens, without padding
 * @param of what gradients are of
 */
export function ofPicture(
  { maps, tokens, rollout, gradients }: Seen,
  picture: number,
  { text = [], of = '' }: { text?: readonly string[]; of?: string } = {},
): Pick<AttentionSource, 'maps' | 'tokens' | 'rollout' | 'gradients'> {
  const own = (map: LayerMap) => element(map, picture);
  return {
    maps: maps.map(own),
    tokens: tokens && { text, maps: tokens.map((map) => firstRows(own(map), text.length)) },
    rollout: rollout && own(rollout),
    gradients: gradients && { of, maps: gradients.map(own) },
  };
}

/** Of one picture: [B, …] → […]. */
export function element({ layer, shape, values }: LayerMap, index: number): LayerMap {
  const size = values.length / shape[0];
  return { layer, shape: shape.slice(1), values: values.slice(index * size, (index + 1) * size) };
}

/** Without what padding looks at: [H, T, Q] → [H, rows, Q]. */
export function firstRows({ layer, shape, values }: LayerMap, rows: number): LayerMap {
  const [heads, all, queries] = shape;
  const kept = new Float32Array(heads * rows * queries);
  for (let head = 0; head < heads; head++) {
    const from = head * all * queries;
    kept.set(values.subarray(from, from + rows * queries), head * rows * queries);
  }
  return { layer, shape: [heads, rows, queries], values: kept };
}
