/** The Shapes world: three splits of scenes with captions and questions, all drawn from one seed. */
import { drawCaptions, type SwappedCaptions } from './captions';
import { type ShapesOptions, shapesSettings, type ShapesSettings } from './options';
import { questionsOf, type Question } from './questions';
import { Random } from './random';
import { maskOf, renderScene } from './render';
import { drawLayoutIn, drawScene, type Scene, type Split } from './scene';
import { drawWebCaption, type WebCaption } from './webCaptions';

/** A scene with its texts. */
export interface Example {
  /** Unique in its world: `train-00017`. */
  id: string;
  scene: Scene;
  /** True captions. In the default world there is one. */
  captions: string[];
  /** `swaps[i]`: false captions that differ from `captions[i]` by one exchange. */
  swaps: SwappedCaptions[];
  /** The caption that the web has for it, often wrong. */
  webCaption: WebCaption;
  questions: Question[];
}

/** A world: its settings, its examples by split, and how they are drawn. */
export interface ShapesWorld {
  name: 'shapes';
  /** Side of each picture in pixels. */
  imageSize: number;
  /** Every option, defaults filled in. */
  settings: ShapesSettings;
  /** Each split is drawn when it is first asked for. */
  splits: Record<Split, Example[]>;
  /** The picture as RGB bytes, row by row: (imageSize * scale)² * 3 of them. Models see scale 1, the default. */
  render: (example: { scene: Scene }, scale?: number) => Uint8Array;
  /** Which object each pixel shows: 0 for none, i + 1 for `scene.objects[i]`; imageSize² bytes. */
  mask: (example: { scene: Scene }) => Uint8Array;
}

/**
 * The Shapes world. The same options give the same examples and the same pixels on every machine.
 * @throws RangeError naming the option that is unknown or out of range
 */
export function shapesWorld(options: ShapesOptions = {}): ShapesWorld {
  const settings = shapesSettings(options);
  const drawn = new Map<Split, Example[]>();
  const examples = (split: Split) => {
    let list = drawn.get(split);
    if (!list) {
      list = Array.from({ length: settings[split] }, (_, index) => drawExample(split, index, settings));
      drawn.set(split, list);
    }
    return list;
  };
  return {
    name: 'shapes',
    imageSize: settings.cells * settings.cellPixels,
    settings,
    splits: {
      get train() {
        return examples('train');
      },
      get validation() {
        return examples('validation');
      },
      get test() {
        return examples('test');
      },
    },
    render: ({ scene }, scale) => renderScene(scene, scale),
    mask: ({ scene }) => maskOf(scene),
  };
}

/** Example `index` of a split: it depends on nothing else, so a longer split begins with the shorter one. */
function drawExample(split: Split, index: number, settings: ShapesSettings): Example {
  const path = ['shapes', settings.seed, split, index];
  const layout = drawLayoutIn(split, new Random(...path, 'layout'), settings);
  const scene = drawScene(layout, new Random(...path, 'look'), settings);
  return {
    id: `${split}-${String(index).padStart(5, '0')}`,
    scene,
    ...drawCaptions(layout, path, settings.captions),
    webCaption: drawWebCaption(layout, split, path, settings),
    questions: questionsOf(layout, path, settings),
  };
}
