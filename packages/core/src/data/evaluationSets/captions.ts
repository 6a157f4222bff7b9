/** Readers of NoCaps, COCO and Flickr30K, as they are published: COCO's format, Karpathy's, and LAVIS's lists. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { cocoRoots, FILE_PLACES } from './questions';
import { findFile, ImageFinder } from './places';
import { Problems } from './problems';
import { makeSet, type CaptionImage, type CaptionSet, type SampleId } from './set';
import { SetFile } from './setFile';

const id = z.union([z.number(), z.string()]);

/** COCO's: `{images: [{id, file_name}], annotations: [{image_id, caption}]}`; NoCaps has a domain too. */
const cocoImage = z.object({ id, file_name: z.string(), domain: z.string().optional() });
const cocoCaption = z.object({ image_id: id, caption: z.string() });

/** Karpathy's: `{images: [{filename, filepath, cocoid, split, sentences: [{raw}]}]}`. */
const karpathyImage = z.object({
  filename: z.string(),
  filepath: z.string().optional(),
  cocoid: z.number().optional(),
  split: z.string(),
  sentences: z.array(z.object({ raw: z.string() })).min(1),
});

/** LAVIS's: `[{image, caption: […]}]`. */
const lavisImage = z.object({
  image: z.string(),
  caption: z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]),
});

/** LAVIS's list of NoCaps, without captions. */
const lavisNocaps = z.object({ image: z.string(), img_id: id });

/** Splits of each set; the first is what the paper measures. */
export const CAPTION_SPLITS = { nocaps: ['val', 'test'], coco: ['test', 'val'], flickr30k: ['test', 'val'] };

type Found = Omit<CaptionImage, 'path'> & { file: string };

/** How the folder of each set looks. */
export const CAPTION_LAYOUTS = {
  nocaps: (split: string) =>
    `  nocaps_${split === 'val' ? 'val_4500_captions' : 'test_image_info'}.json\n  ${split}/0013ea2087020901.jpg …`,
  coco: (split: string) =>
    `  coco_karpathy_${split}.json   (or dataset_coco.json)\n  val2014/COCO_val2014_000000000042.jpg …`,
  flickr30k: (split: string) =>
    `  flickr30k_${split}.json   (or dataset_flickr30k.json)\n  flickr30k-images/1007129816.jpg …`,
};

/** @throws Blip2Error naming the lay-out expected if the folder is another */
export function readNocaps(dir: string, split: string): CaptionSet {
  const problems = new Problems();
  const names =
    split === 'val'
      ? ['nocaps_val_4500_captions.json', 'nocaps_val_image_info.json', 'nocaps_val.json']
      : ['nocaps_test_image_info.json', 'nocaps_test.json'];
  const file = new SetFile(findFile(dir, names, FILE_PLACES, CAPTION_LAYOUTS.nocaps(split)), problems);
  const found = file.isList()
    ? file.list(lavisNocaps).map(({ image, img_id }): Found => ({ id: img_id, file: image, captions: [] }))
    : cocoFound(file, problems);
  const finder = new ImageFinder([join(dir, split), join(dir, 'images', split), join(dir, 'images'), dir]);
  return finish({ name: 'nocaps', split }, found, finder, problems);
}

/** @throws Blip2Error naming the lay-out expected if the folder is another */
export function readCoco(dir: string, split: string): CaptionSet {
  const problems = new Problems();
  const names = [`coco_karpathy_${split}.json`, 'dataset_coco.json'];
  const file = new SetFile(findFile(dir, names, FILE_PLACES, CAPTION_LAYOUTS.coco(split)), problems);
  const found = file.isList()
    ? file.list(lavisImage).map(({ image, caption }): Found => ({
        id: cocoId(image),
        file: image,
        captions: caption,
      }))
    : karpathyFound(file, split);
  return finish({ name: 'coco', split }, found, new ImageFinder(cocoRoots(dir)), problems);
}

/** @throws Blip2Error naming the lay-out expected if the folder is another */
export function readFlickr30k(dir: string, split: string): CaptionSet {
  const problems = new Problems();
  const names = [`flickr30k_${split}.json`, 'dataset_flickr30k.json'];
  const file = new SetFile(findFile(dir, names, FILE_PLACES, CAPTION_LAYOUTS.flickr30k(split)), problems);
  const found = file.isList()
    ? file.list(lavisImage).map(({ image, caption }): Found => ({
        id: basename(image, '.jpg'),
        file: image,
        captions: caption,
      }))
    : karpathyFound(file, split);
  const roots = [dir, join(dir, 'images'), join(dir, 'flickr30k-images'), join(dir, 'flickr30k_images')];
  return finish({ name: 'flickr30k', split }, found, new ImageFinder(roots), problems);
}

function finish(
  described: { name: string; split: string },
  found: readonly Found[],
  finder: ImageFinder,
  problems: Problems,
): CaptionSet {
  const placed = found.map((image) => ({ ...image, path: finder.find(image.file) }));
  return makeSet<'caption', CaptionImage>({ task: 'caption', ...described }, placed, problems);
}

function cocoFound(file: SetFile, problems: Problems): Found[] {
  const images = file.list(cocoImage, 'images');
  const captions = new Map<SampleId, string[]>(images.map((image) => [image.id, []]));
  const isDescribed = file.has('annotations');
  for (const { image_id, caption } of isDescribed ? file.list(cocoCaption, 'annotations') : []) {
    const own = captions.get(image_id);
    if (own) own.push(caption);
    else problems.add('caption of no image', String(image_id));
  }
  const hasDomains = images.some(({ domain }) => domain !== undefined);
  return images.flatMap(({ id: image, file_name, domain }): Found[] => {
    const own = captions.get(image)!;
    if (hasDomains && domain === undefined) problems.add('image without domain', file_name);
    if (!isDescribed || own.length > 0) return [{ id: image, file: file_name, captions: own, domain }];
    problems.add('image without caption', file_name);
    return [];
  });
}

function karpathyFound(file: SetFile, split: string): Found[] {
  const images = file.list(karpathyImage, 'images').filter((image) => image.split === split);
  return images.map(({ filename, filepath, cocoid, sentences }) => ({
    id: cocoid ?? basename(filename, '.jpg'),
    file: filepath === undefined ? filename : `${filepath}/${filename}`,
    captions: sentences.map(({ raw }) => raw),
  }));
}

/** The number at the end of COCO's file names. */
function cocoId(file: string): SampleId {
  const number = /(\d+)\.\w+$/.exec(file)?.[1];
  return number === undefined ? file : Number(number);
}
