/** How large a training is: its parts, their parameters, what a sample costs in each. */
import { countParameters } from '../../nn';
import {
  blip2,
  blip2QformerParameters,
  tokenCount,
  type Blip2QformerConfig,
  type QformerConfig,
} from '../../models';
import type { HalfType } from '../../runtime';
import { addCosts, type Cost } from './cost';
import { languageCost, type LanguageShape } from './languageCost';
import { queriesCost, stage1Cost } from './qformerCost';
import { visionCost, visionTransient, type VisionShape } from './visionCost';

/** How a tower's numbers are stored. */
export type Storage = 'float32' | HalfType;

/** One part of a model. */
export interface Part {
  name: 'vision tower' | 'Q-Former' | 'language model';
  parameters: number;
  trained: boolean;
  storage: Storage;
  cost: Cost;
}

/** A training, seen from outside. */
export interface RunSize {
  parts: readonly Part[];
  /** Parameters of all parts, and of those that are trained. */
  parameters: number;
  trainable: number;
  /** All parts together, of one sample. */
  cost: Cost;
  /** Numbers of one picture's features, which the step is given. */
  features: number;
  /** Numbers that live while a frozen vision tower looks at one picture; 0 where it is trained. */
  transient: number;
}

/** What both stages have in front. */
interface Seen {
  vision: VisionShape;
  imageSize: number;
  /** How the frozen vision tower is stored; float32 unless given. */
  towerType?: Storage;
  /** Fine-tuning trains it too. */
  trainsVision?: boolean;
}

/** Of stage 1, and of fine-tuning for retrieval. */
export interface Stage1Size extends Seen {
  config: Blip2QformerConfig;
  textLength: number;
  losses?: { itm: boolean; itg: boolean };
}

/** Of stage 2, and of fine-tuning for captions and questions. */
export interface Stage2Size extends Seen {
  qformer: QformerConfig;
  language: LanguageShape;
  /** How the language model is stored; float32 unless given. */
  languageType?: Storage;
  /** Of the prompt and of the target, each. */
  textLength: number;
  /** Is there a prompt? A decoder-only model writes the whole caption after the queries. */
  prompted: boolean;
  /** Tokens beside the queries. */
  questionLength?: number;
}

/** Stage 1: the vision tower, and everything that `blip2QformerParameters` names. */
export function stage1Size(options: Stage1Size): RunSize {
  const { config, textLength, losses } = options;
  const surroundings = { patches: patchesOf(options), textLength };
  const qformer: Part = {
    name: 'Q-Former',
    parameters: countParameters(blip2QformerParameters(config)),
    trained: true,
    storage: 'float32',
    cost: stage1Cost(config, surroundings, losses),
  };
  return sizeOf(options, [visionPart(options), qformer]);
}

/** Stage 2: both towers, and everything that `blip2` says is trained. */
export function stage2Size(options: Stage2Size): RunSize {
  const { vision, language, qformer, textLength, prompted, questionLength = 0 } = options;
  const model = blip2({ vision: vision.model, language: language.tower, qformer, visionLayerNormEps: 1e-5 });
  const lengths = {
    given: qformer.numQueryTokens + (prompted ? textLength : 0),
    target: textLength,
  };
  return sizeOf(options, [
    visionPart(options),
    {
      name: 'Q-Former',
      parameters: countParameters(model.trainableParameters()),
      trained: true,
      storage: 'float32',
      cost: queriesCost(qformer, {
        patches: patchesOf(options),
        textLength: questionLength,
        trainsVision: options.trainsVision,
      }),
    },
    {
      name: 'language model',
      parameters: countParameters(language.tower.parameters()),
      trained: false,
      storage: options.languageType ?? 'float32',
      cost: languageCost(language, lengths),
    },
  ]);
}

const patchesOf = ({ vision, imageSize }: Seen): number => tokenCount(vision.model, imageSize);

function visionPart({ vision, imageSize, towerType = 'float32', trainsVision = false }: Seen): Part {
  return {
    name: 'vision tower',
    parameters: countParameters(vision.model.parameters()),
    trained: trainsVision,
    storage: trainsVision ? 'float32' : towerType,
    cost: visionCost(vision, imageSize, trainsVision),
  };
}

function sizeOf(seen: Seen, parts: readonly Part[]): RunSize {
  const count = (some: readonly Part[]) => some.reduce((sum, { parameters }) => sum + parameters, 0);
  return {
    parts,
    parameters: count(parts),
    trainable: count(parts.filter(({ trained }) => trained)),
    cost: addCosts(...parts.map(({ cost }) => cost)),
    features: patchesOf(seen) * seen.vision.model.hiddenSize,
    transient: seen.trainsVision ? 0 : visionTransient(seen.vision, seen.imageSize),
  };
}
