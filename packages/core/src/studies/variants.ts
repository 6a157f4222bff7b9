/** Other Shapes worlds in the place of a study's own: with its towers, and its sizes where nothing else is said. */
import type { ShapesOptions } from '@blip2/datasets';
import { shapes, type ShapesDataset } from '../data';

/** The study's world with options changed. */
export function variantOf(
  { world: { settings }, ...data }: ShapesDataset,
  { captions, ...options }: ShapesOptions,
): ShapesDataset {
  const {
    world,
    options: made,
    train,
    validation,
    test,
  } = shapes({
    ...settings,
    ...options,
    captions: { ...settings.captions, ...captions },
  });
  return { ...data, world, options: made, train, validation, test };
}
