/** Tables 1 to 6 of the paper at its own scale. Numbers of other models stand beside for comparison alone. */
import {
  PAPER_MODELS,
  stage1Trainable,
  stage2Parameters,
  type PaperLanguage,
  type PaperVision,
} from '../paperModels';
import { captioningTrainable, retrievalTrainable, vqaTrainable } from './counts';
import type { PaperFolderName } from './folders';
import { cells, score, type CellSource, type PaperRow, type PaperTable } from './table';

const none = undefined;
const millions = (count: number): number => count / 1e6;
const billions = (count: number): number => count / 1e9;

/** Where a cell is empty because of it. */
const SPICE = 'SPICE needs Java and its program: docs/metrics.md.';

const TRAINED = 'trainable, M';
const TRAINED_B = 'trainable, B';

const other = (name: string, columns: readonly string[], ...paper: (number | undefined)[]): PaperRow => ({
  name,
  cells: cells(columns, paper),
});

const COLUMNS_1 = [
  TRAINED,
  'VQAv2 test-dev',
  'NoCaps CIDEr',
  'NoCaps SPICE',
  'Flickr30K TR@1',
  'Flickr30K IR@1',
];

const table1: PaperTable = {
  name: 'table1',
  title: 'Overview: zero-shot',
  source: 'table 1',
  columns: COLUMNS_1,
  rows: [
    other('BLIP', COLUMNS_1, 583, none, 113.2, 14.8, 96.7, 86.7),
    other('SimVLM', COLUMNS_1, 1400, none, 112.2),
    other('BEIT-3', COLUMNS_1, 1900, none, none, none, 94.9, 81.5),
    other('Flamingo', COLUMNS_1, 10_200, 56.3),
    {
      name: 'BLIP-2',
      cells: cells(
        COLUMNS_1,
        [188, 65.0, 121.6, 15.8, 97.6, 89.7],
        [
          millions(stage1Trainable('ViT-g')),
          score('blip2-flan-t5-xxl', 'vqav2-test-dev'),
          score('blip2-flan-t5-xl-coco', 'nocaps-val', 'CIDEr'),
          score('blip2-flan-t5-xl-coco', 'nocaps-val', 'SPICE'),
          score('blip2-itm-vit-g-coco', 'flickr30k-retrieval', 'R@1', 'image→text, ITM'),
          score('blip2-itm-vit-g-coco', 'flickr30k-retrieval', 'R@1', 'text→image, ITM'),
        ],
      ),
    },
  ],
  notes: [
    'The paper’s 188 M are of no set of parameters that LAVIS has: all that stage 1 trains behind ViT-g is 186.7 M.',
    SPICE,
  ],
};

const COLUMNS_2 = [TRAINED, 'all, B', 'VQAv2 val', 'VQAv2 test-dev', 'OK-VQA', 'GQA'];
const LANGUAGE_NAMES: Record<PaperLanguage, string> = {
  'OPT-2.7B': 'blip2-opt-2.7b',
  'OPT-6.7B': 'blip2-opt-6.7b',
  'FlanT5-XL': 'blip2-flan-t5-xl',
  'FlanT5-XXL': 'blip2-flan-t5-xxl',
};
const PAPER_2 = [
  [104, 3.1, 50.1, 49.7, 30.2, 33.9],
  [107, 3.8, 53.5, 52.3, 31.7, 34.6],
  [108, 7.8, 54.3, 52.6, 36.4, 36.4],
  [103, 3.4, 62.6, 62.3, 39.4, 44.4],
  [107, 4.1, 63.1, 63.0, 40.7, 44.2],
  [108, 12.1, 65.2, 65.0, 45.9, 44.7],
];

const folderOf = (vision: PaperVision, language: PaperLanguage): PaperFolderName =>
  `${LANGUAGE_NAMES[language]}${vision === 'ViT-L' ? '-vit-l' : ''}` as PaperFolderName;

const table2: PaperTable = {
  name: 'table2',
  title: 'Zero-shot visual question answering',
  source: 'table 2, section 4.1',
  columns: COLUMNS_2,
  rows: [
    other('VL-T5, no VQA', COLUMNS_2, 224, 0.269, 13.5, none, 5.8, 6.3),
    other('FewVLM', COLUMNS_2, 740, 0.785, 47.7, none, 16.5, 29.3),
    other('Frozen', COLUMNS_2, 40, 7.1, 29.6, none, 5.9),
    other('VLKD', COLUMNS_2, 406, 0.832, 42.6, 44.5, 13.3),
    other('Flamingo3B', COLUMNS_2, 1400, 3.2, none, 49.2, 41.2),
    other('Flamingo9B', COLUMNS_2, 1800, 9.3, none, 51.8, 44.7),
    other('Flamingo80B', COLUMNS_2, 10_200, 80, none, 56.3, 50.6),
    ...PAPER_MODELS.map(({ vision, language }, row): PaperRow => {
      const { trainable, total } = stage2Parameters(vision, language);
      const model = folderOf(vision, language);
      const measured = (['vqav2-val', 'vqav2-test-dev', 'okvqa-val', 'gqa-testdev'] as const).map((one) =>
        score(model, one),
      );
      return {
        name: `${vision} ${language}`,
        cells: cells(COLUMNS_2, PAPER_2[row], [millions(trainable), billions(total), ...measured]),
      };
    }),
  ],
  notes: [
    'OK-VQA is measured on its val split, which the paper calls test.',
    'All parameters of the FlanT5 rows differ by 0.13 to 0.16 B from what the paper prints.',
  ],
};

const DOMAINS = ['in-domain', 'near-domain', 'out-domain', 'all'];
const COLUMNS_3 = [
  TRAINED_B,
  ...DOMAINS.flatMap((domain) => ['CIDEr', 'SPICE'].map((name) => `NoCaps ${domain} ${name}`)),
  'COCO BLEU-4',
  'COCO CIDEr',
];

function captioned(language: PaperLanguage, paper: readonly number[]): PaperRow {
  const model = `${LANGUAGE_NAMES[language]}-coco` as PaperFolderName;
  const nocaps = DOMAINS.flatMap((domain) =>
    ['CIDEr', 'SPICE'].map((name) => score(model, 'nocaps-val', name, domain)),
  );
  const coco = ['BLEU-4', 'CIDEr'].map((name) => score(model, 'coco-captions', name));
  const trained = billions(captioningTrainable('ViT-g', language));
  return { name: `ViT-g ${language}`, cells: cells(COLUMNS_3, paper, [trained, ...nocaps, ...coco]) };
}

const table3: PaperTable = {
  name: 'table3',
  title: 'Captioning, fine-tuned on COCO',
  source: 'table 3, section 4.2',
  columns: COLUMNS_3,
  rows: [
    other('OSCAR', COLUMNS_3, 0.345, none, none, none, none, none, none, 80.9, 11.3, 37.4, 127.8),
    other('VinVL', COLUMNS_3, 0.345, 103.1, 14.2, 96.1, 13.8, 88.3, 12.1, 95.5, 13.5, 38.2, 129.3),
    other('BLIP', COLUMNS_3, 0.446, 114.9, 15.2, 112.1, 14.9, 115.3, 14.4, 113.2, 14.8, 40.4, 136.7),
    other('OFA', COLUMNS_3, 0.93, none, none, none, none, none, none, none, none, 43.9, 145.3),
    other('Flamingo', COLUMNS_3, 10.6, none, none, none, none, none, none, none, none, none, 138.1),
    other('SimVLM', COLUMNS_3, 1.4, 113.7, none, 110.9, none, 115.2, none, 112.2, none, 40.6, 143.3),
    captioned('OPT-2.7B', [1.1, 123.0, 15.8, 117.8, 15.4, 123.4, 15.1, 119.7, 15.4, 43.7, 145.8]),
    captioned('OPT-6.7B', [1.1, 123.7, 15.8, 119.2, 15.3, 124.4, 14.8, 121.0, 15.3, 43.5, 145.2]),
    captioned('FlanT5-XL', [1.1, 123.7, 16.3, 120.2, 15.9, 124.8, 15.1, 121.6, 15.8, 42.4, 144.5]),
  ],
  notes: [SPICE],
};

const COLUMNS_4 = [TRAINED_B, 'VQAv2 test-dev', 'VQAv2 test-std'];

const answered = (language: PaperLanguage, paper: readonly number[]): PaperRow => {
  const model = `${LANGUAGE_NAMES[language]}-vqa` as PaperFolderName;
  return {
    name: `ViT-g ${language}`,
    cells: cells(COLUMNS_4, paper, [
      billions(vqaTrainable('ViT-g', language)),
      score(model, 'vqav2-test-dev'),
      score(model, 'vqav2-test-std'),
    ]),
  };
};

const table4: PaperTable = {
  name: 'table4',
  title: 'Visual question answering, fine-tuned',
  source: 'table 4, section 4.3',
  columns: COLUMNS_4,
  rows: [
    other('ALBEF', COLUMNS_4, 0.314, 75.84, 76.04),
    other('BLIP', COLUMNS_4, 0.385, 78.25, 78.32),
    other('OFA', COLUMNS_4, 0.93, 82.0, 82.0),
    other('Flamingo80B', COLUMNS_4, 10.6, 82.0, 82.1),
    answered('FlanT5-XL', [1.2, 81.55, 81.66]),
    answered('OPT-2.7B', [1.2, 81.59, 81.74]),
    answered('OPT-6.7B', [1.2, 82.19, 82.3]),
  ],
  notes: ['Every row of BLIP-2 needs a model fine-tuned for questions, of which none is published.'],
};

const WAYS = [
  ['TR', 'image→text, ITM'],
  ['IR', 'text→image, ITM'],
] as const;

const recalls = (model: PaperFolderName, set: 'flickr30k' | 'coco', ranks: readonly number[]): CellSource[] =>
  WAYS.flatMap(([, group]) => ranks.map((rank) => score(model, `${set}-retrieval`, `R@${rank}`, group)));
const recallColumns = (set: string, ranks: readonly number[]): string[] =>
  WAYS.flatMap(([way]) => ranks.map((rank) => `${set} ${way}@${rank}`));

const RANKS = [1, 5, 10];
const COLUMNS_5 = [TRAINED, ...recallColumns('Flickr30K', RANKS), ...recallColumns('COCO', RANKS)];

const found = (name: PaperVision, model: PaperFolderName, paper: readonly number[]): PaperRow => ({
  name,
  cells: cells(COLUMNS_5, paper, [
    millions(retrievalTrainable(name)),
    ...recalls(model, 'flickr30k', RANKS),
    ...recalls(model, 'coco', RANKS),
  ]),
});

const table5: PaperTable = {
  name: 'table5',
  title: 'Retrieval, fine-tuned on COCO; Flickr30K zero-shot',
  source: 'table 5, section 4.4',
  columns: COLUMNS_5,
  rows: [
    other('CLIP', COLUMNS_5, 428, 88.0, 98.7, 99.4, 68.7, 90.6, 95.2),
    other('ALIGN', COLUMNS_5, 820, 88.6, 98.7, 99.7, 75.7, 93.8, 96.8, 77.0, 93.5, 96.9, 59.9, 83.3, 89.8),
    other('BEIT-3', COLUMNS_5, 1900, 94.9, 99.9, 100, 81.5, 95.6, 97.8, 84.8, 96.5, 98.3, 67.2, 87.7, 92.8),
    other('ALBEF', COLUMNS_5, 233, 94.1, 99.5, 99.7, 82.8, 96.3, 98.1, 77.6, 94.3, 97.2, 60.7, 84.3, 90.5),
    other('BLIP', COLUMNS_5, 446, 96.7, 100, 100, 86.7, 97.3, 98.7, 82.4, 95.4, 97.9, 65.1, 86.3, 91.8),
    found(
      'ViT-L',
      'blip2-itm-vit-l-coco',
      [474, 96.9, 100, 100, 88.6, 97.6, 98.9, 83.5, 96.0, 98.0, 66.3, 86.5, 91.8],
    ),
    found(
      'ViT-g',
      'blip2-itm-vit-g-coco',
      [1200, 97.6, 100, 100, 89.7, 98.1, 98.9, 85.4, 97.0, 98.5, 68.3, 87.7, 92.6],
    ),
  ],
  notes: ['Zero-shot on Flickr30K is the model that was fine-tuned on COCO, as it is.'],
};

const COLUMNS_6 = recallColumns('COCO', [1, 5]);

const trainedBy = (name: string, model: PaperFolderName, paper: readonly number[]): PaperRow => ({
  name,
  cells: cells(COLUMNS_6, paper, recalls(model, 'coco', [1, 5])),
});

const table6: PaperTable = {
  name: 'table6',
  title: 'Objectives of fine-tuning for retrieval',
  source: 'table 6, section 4.4',
  columns: COLUMNS_6,
  rows: [
    trainedBy('ITC + ITM', 'blip2-itm-vit-g-coco-without-itg', [84.5, 96.2, 67.2, 87.1]),
    trainedBy('ITC + ITM + ITG', 'blip2-itm-vit-g-coco', [85.4, 97.0, 68.3, 87.7]),
  ],
  notes: [],
};

/** In the paper's order. */
export const PAPER_TABLES: readonly PaperTable[] = [table1, table2, table3, table4, table5, table6];
