/** `blip2 metrics caption` as its users see it: COCO's files in, scores or one clear error out. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCaptionFiles, type CaptionFiles } from '../../packages/core/src/evaluate';
import { blip2 } from './run';

const folder = mkdtempSync(join(tmpdir(), 'blip2-caption-'));
let written = 0;

/** A file with this content: JSON of it, unless it is text already. */
function file(content: unknown): string {
  const path = join(folder, `${written++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const ANNOTATIONS = [
  [1, 'A man rides a horse.'],
  [2, 'Two dogs play in the snow'],
  [1, 'a person on a brown horse'],
  [3, 'A plate of food on a table.'],
  [2, 'Dogs running on snow.'],
  [3, 'A table with a plate of pasta'],
].map(([image_id, caption], id) => ({ image_id, id, caption }));
const IMAGES = [1, 2, 3].map((id) => ({ id, file_name: `${id}.jpg` }));
const REFERENCES = { info: {}, licenses: [], images: IMAGES, annotations: ANNOTATIONS };
const PREDICTIONS = [
  { image_id: 3, caption: 'a plate of pasta' },
  { image_id: 1, caption: 'A man on a horse!' },
  { image_id: 2, caption: 'two dogs running in the snow\n' },
];

interface Contents {
  predictions?: unknown;
  references?: unknown;
}

const files = ({ predictions = PREDICTIONS, references = REFERENCES }: Contents = {}): CaptionFiles => ({
  predictions: file(predictions),
  references: file(references),
});

const command = ({ predictions, references }: CaptionFiles, ...more: string[]) =>
  blip2('metrics', 'caption', '--predictions', predictions, '--references', references, ...more);

delete process.env.BLIP2_CAPTION_JARS;

describe('scores', () => {
  test('--json prints one document; what is left out is said on standard error', async () => {
    const { code, stdout, stderr } = await command(files(), '--json');
    const scores = JSON.parse(stdout) as Record<string, number>;
    expect(Object.keys(scores)).toEqual(['BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4', 'ROUGE-L', 'CIDEr']);
    expect(scores['BLEU-4']).toBeCloseTo(0.379776131, 8);
    expect(scores['ROUGE-L']).toBeCloseTo(0.775505051, 8);
    expect(scores.CIDEr).toBeCloseTo(3.387001886, 8);
    expect(stderr).toMatch(/^METEOR and SPICE are left out: .*BLIP2_CAPTION_JARS.*\n$/);
    expect(code).toBe(0);
  });

  test('without --json a table', async () => {
    const { code, stdout, stderr } = await command(files());
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['metric', 'score'],
      ['BLEU-1', '0.8187'],
      ['BLEU-2', '0.7474'],
      ['BLEU-3', '0.5342'],
      ['BLEU-4', '0.3798'],
      ['ROUGE-L', '0.7755'],
      ['CIDEr', '3.3870'],
      [''],
    ]);
    expect(stderr).toMatch(/3 images, 6 references\n$/);
    expect(code).toBe(0);
  });

  test('--help tells the file formats', async () => {
    const { code, stdout, stderr } = await blip2('metrics', 'caption', '--help');
    for (const word of ['image_id', 'BLIP2_CAPTION_JARS', 'Example']) expect(stdout).toContain(word);
    expect([code, stderr]).toEqual([0, 'TensorFlow not loaded\n']);
  });
});

describe('files', () => {
  test('captions in the order of the images, references in that of the file', () => {
    expect(readCaptionFiles(files())).toEqual({
      imageIds: [1, 2, 3],
      predictions: ['A man on a horse!', 'two dogs running in the snow\n', 'a plate of pasta'],
      references: [
        ['A man rides a horse.', 'a person on a brown horse'],
        ['Two dogs play in the snow', 'Dogs running on snow.'],
        ['A plate of food on a table.', 'A table with a plate of pasta'],
      ],
      notes: [],
    });
  });

  test('what is not scored is counted', () => {
    const annotations = [...ANNOTATIONS, { image_id: 9, caption: 'x', id: 7 }];
    const { imageIds, notes } = readCaptionFiles(
      files({ predictions: PREDICTIONS.slice(2), references: { ...REFERENCES, annotations } }),
    );
    expect(imageIds).toEqual([2]);
    expect(notes).toEqual([
      expect.stringMatching(/json: 1 captions belong to no image/),
      expect.stringMatching(/json: 2 of 3 images have no caption: not scored/),
      expect.stringMatching(/One image alone: CIDEr is 0/),
    ]);
  });

  const [first] = PREDICTIONS;
  const references = (content: unknown) => ({ references: content });
  const predictions = (...content: unknown[]) => ({ predictions: content });
  test.each([
    [
      'a caption of an unknown image',
      predictions(first, { ...first, image_id: 8 }),
      /\[1\]: image 8 has no ref/,
    ],
    ['an id of another type', predictions({ ...first, image_id: '3' }), /\[0\]: image "3" has no reference/],
    [
      'an image without references',
      references({ ...REFERENCES, annotations: ANNOTATIONS.slice(0, 3) }),
      /\[0\]: image 3 has no reference caption in/,
    ],
    ['two captions of one image', predictions(first, first), /\[1\]: image 3 has a caption already, \[0\]/],
    ['no captions', predictions(), /the whole: /],
    ['a caption that is no text', predictions(first, { image_id: 1, caption: 5 }), /\[1\]\.caption: /],
    ['a caption without an image', predictions({ caption: 'x' }), /\[0\]\.image_id: expected a number or a/],
    ['predictions that are no list', { predictions: { annotations: [] } }, /the whole: .*array/],
    ['references that are a list', references(ANNOTATIONS), /the whole: .*object/],
    ['references without images', references({ annotations: ANNOTATIONS }), /images: .*array/],
    ['references that are not JSON', references('{"images": ['), /is not JSON/],
  ])('%s', (_, content, message) => {
    expect(() => readCaptionFiles(files(content))).toThrow(message);
  });

  test('the command says so, tells the format and ends with 1', async () => {
    const { code, stdout, stderr } = await command(files(predictions({ image_id: 1 })), '--json');
    expect(stderr).toMatch(/error: .*json: \[0\]\.caption: .*\n→ Predictions are a list/);
    expect([code, stdout]).toEqual([1, '']);
  });

  test('a file that is not there', async () => {
    const { predictions } = files();
    const { code, stderr } = await command({ predictions, references: join(folder, 'none.json') });
    expect(stderr).toContain('none.json');
    expect(code).toBe(1);
  });
});
