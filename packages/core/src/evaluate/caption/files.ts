/** The file formats of COCO's caption challenge, held against each other. */
import { z } from 'zod';
import { Blip2Error } from '../../runtime';
import { readJson } from '../readJson';

/** Paths. */
export interface CaptionFiles {
  /** `[{image_id, caption}]` */
  predictions: string;
  /** `{images: [{id, …}], annotations: [{image_id, caption, id}]}` */
  references: string;
}

/** Predictions and references, in the order of their images. */
export interface CaptionFileContent {
  /** The images that have a prediction, in the order of the references' list. */
  imageIds: ImageId[];
  predictions: string[];
  references: string[][];
  /** What is odd about the files, or not scored. */
  notes: string[];
}

const imageId = z.union([z.number(), z.string()], { error: 'expected a number or a string' });
export type ImageId = z.output<typeof imageId>;

const predictionsFile = z.array(z.object({ image_id: imageId, caption: z.string() })).min(1);
const referencesFile = z.object({
  images: z.array(z.object({ id: imageId })),
  annotations: z.array(z.object({ image_id: imageId, caption: z.string() })),
});
type References = z.output<typeof referencesFile>;

const FORMATS = {
  predictions: 'Predictions are a list: [{"image_id": 1, "caption": "a dog on a beach"}, …].',
  references:
    'References are an object: {"images": [{"id": 1}, …], "annotations": [{"image_id": 1, "caption": "a dog", "id": 7}, …]}.',
};

/** The reference captions of each listed image. */
function captionsById({ images, annotations }: References): Map<ImageId, string[]> {
  const captions = new Map(images.map(({ id }): [ImageId, string[]] => [id, []]));
  for (const { image_id: id, caption } of annotations) captions.get(id)?.push(caption);
  return captions;
}

/**
 * Predicted captions and the references of their images. As in pycocoevalcap's own example, images without a
 * prediction are not scored; they are counted in `notes`.
 * @throws Blip2Error naming file and entry: what cannot be read, is there twice or has no reference
 */
export function readCaptionFiles(files: CaptionFiles): CaptionFileContent {
  const entries = readJson(files.predictions, predictionsFile, FORMATS.predictions);
  const content = readJson(files.references, referencesFile, FORMATS.references);
  const captions = captionsById(content);
  const predicted = new Map<ImageId, number>(); // image → number of its entry
  entries.forEach(({ image_id: id }, entry) => {
    const image = `${files.predictions}: [${entry}]: image ${JSON.stringify(id)}`;
    const first = predicted.get(id);
    if (first !== undefined) {
      throw new Blip2Error(`${image} has a caption already, [${first}]`, {
        hint: 'Keep one caption per image.',
      });
    }
    if (!captions.get(id)?.length) {
      throw new Blip2Error(`${image} has no reference caption in ${files.references}`, {
        hint: 'It should be in its images and annotations. Ids must agree in type, too: 1 is not "1".',
      });
    }
    predicted.set(id, entry);
  });
  const imageIds = [...captions.keys()].filter((id) => predicted.has(id));
  return {
    imageIds,
    predictions: imageIds.map((id) => entries[predicted.get(id)!].caption),
    references: imageIds.map((id) => captions.get(id)!),
    notes: notes(files, content, captions, imageIds.length),
  };
}

function notes(
  { predictions, references }: CaptionFiles,
  { annotations }: References,
  captions: ReadonlyMap<ImageId, string[]>,
  scored: number,
): string[] {
  const unlisted = annotations.filter(({ image_id: id }) => !captions.has(id)).length;
  const unscored = captions.size - scored;
  return [
    ...(unlisted > 0 ? [`${references}: ${unlisted} captions belong to no image of its list`] : []),
    ...(unscored > 0
      ? [`${predictions}: ${unscored} of ${captions.size} images have no caption: not scored`]
      : []),
    ...(scored === 1 ? ['One image alone: CIDEr is 0, whatever the captions'] : []),
  ];
}
