/** How large the training of a recipe is, from the same options as the recipe, without loading a weight. */
import { openModelFolder } from '../checkpoints';
import { VISION_FAMILIES, type QformerConfig } from '../models';
import type { FrozenVisionTower } from '../data';
import { languageShape } from './languageShape';
import { isStreamed, tokenizerOf, type TrainingData } from './places';
import { stage1Size, stage2Size, type RunSize, type VisionShape } from './plan';
import { qformerConfig, qformerSettings } from './qformerOptions';
import { qformerTokenizer } from './qformerTokenizer';
import { sizedShape } from './resizedTower';
import { stage1Config } from './stage1';
import type { Stage1Model } from './stage1Model';
import { parseStage1, type Stage1Options } from './stage1Options';
import type { Stage2Model } from './stage2Model';
import { parseStage2, type Stage2Options } from './stage2Options';
import type { Start, TextHalf } from './startParts';
import { storageOf } from './surroundingsRecord';

/** Of a stage-1 recipe. */
export function sizeOfStage1({ data, tower, tokenizer, ...options }: Stage1Options): RunSize {
  const settings = parseStage1(options);
  const vision = visionShape(tower ?? (isStreamed(data) ? '' : data.visionDir));
  const { losses } = settings;
  return stage1Size({
    vision,
    imageSize: settings.imageSize ?? sideOf(data, vision),
    towerType: settings.towerType,
    config: stage1Config(settings, vision.model, qformerTokenizer(tokenizerOf(data, tokenizer))),
    textLength: settings.maxTextLength,
    losses: {
      itm: losses.itm !== 0 && losses.itm !== undefined,
      itg: losses.itg !== 0 && losses.itg !== undefined,
    },
  });
}

/** Of a stage-2 recipe. */
export function sizeOfStage2({ data, tower, language, from, ...options }: Stage2Options): RunSize {
  const settings = parseStage2({ ...options, ...(from && qformerSettings(from.model.config.qformer)) });
  const vision = visionShape(tower ?? (isStreamed(data) ? (from?.model.tower ?? '') : data.visionDir));
  const shape = typeof language === 'string' ? languageShape(language) : language;
  return stage2Size({
    vision,
    imageSize: settings.imageSize ?? sideOf(data, vision),
    towerType: settings.towerType,
    qformer: qformerConfig(settings, {
      encoderHiddenSize: vision.model.hiddenSize,
      useQformerTextInput: false,
      vocabSize: 1,
      maxPositionEmbeddings: 1,
    }),
    language: shape,
    languageType: settings.languageType,
    textLength: settings.maxTextLength,
    prompted: shape.tower.architecture === 'encoder-decoder',
  });
}

/** Of fine-tuning for retrieval: all of a stage-1 run, its vision tower included. */
export function sizeOfRetrieval({
  data,
  from,
  imageSize,
}: {
  data: TrainingData;
  from: Start<Stage1Model>;
  imageSize?: number;
}): RunSize {
  const { config, tower, maxTextLength } = from.model;
  return stage1Size({
    ...trainedOn(data, tower, imageSize),
    trainsVision: true,
    config,
    textLength: maxTextLength,
  });
}

/** Of fine-tuning for captions or questions: all of a stage-2 run but its language model. */
export function sizeOfFinetuning({
  data,
  from,
  stage1,
  imageSize,
  maxTextLength = 32,
}: {
  data: TrainingData;
  from: Start<Stage2Model>;
  stage1?: Start<TextHalf>;
  imageSize?: number;
  maxTextLength?: number;
}): RunSize {
  const { tower, language, model } = from.model.parts;
  const qformer: QformerConfig = stage1
    ? { ...stage1.model.config.qformer, useQformerTextInput: true }
    : model.qformer;
  return stage2Size({
    ...trainedOn(data, tower, imageSize),
    trainsVision: true,
    qformer,
    language,
    languageType: storageOf(language),
    textLength: maxTextLength,
    prompted: true,
    questionLength: stage1 ? Math.min(maxTextLength, qformer.maxPositionEmbeddings) : 0,
  });
}

/** The tower that fine-tuning begins with, and the side of its pictures. */
function trainedOn(data: TrainingData, tower: FrozenVisionTower, imageSize: number | undefined) {
  const vision = sizedShape(tower, imageSize);
  return { vision, imageSize: imageSize ?? sideOf(data, tower) };
}

const sideOf = (data: TrainingData, { model }: VisionShape): number =>
  isStreamed(data) ? model.imageSize : data.train.imageSize;

/** A tower, or what the folder of one says. @throws Blip2Error if the folder holds none */
function visionShape(tower: FrozenVisionTower | string): VisionShape {
  if (typeof tower !== 'string') return tower;
  const { config: json } = openModelFolder(tower);
  const family = VISION_FAMILIES[json.modelType as string];
  const config = family.readConfig(json);
  return { model: family.build(config), config: { modelType: family.modelType, config } };
}
