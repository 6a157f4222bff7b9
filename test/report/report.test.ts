/** The report: whole at each moment, the same numbers as the results, nothing from outside, nothing unescaped. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParserOptions } from 'prettier';
import { parsers as htmlParsers } from 'prettier/plugins/html';
import { parsers as cssParsers } from 'prettier/plugins/postcss';
import { expect, it } from 'vitest';
import { shapes } from '../../packages/core/src/data';
import { explorerScript } from '../../packages/core/src/notebook';
import {
  shapesSamples,
  writeReport,
  type ReportContent,
  type SampleModel,
} from '../../packages/core/src/report';
import type { Study } from '../../packages/core/src/studies';
import { COMMITTED, FIGURE5, result, sample, STUDIES, TABLE6 } from './madeUp';

const NOTHING: ReportContent = { studies: STUDIES, own: [], committed: [] };

async function report(content: Partial<ReportContent>): Promise<string> {
  const dir = join(mkdtempSync(join(tmpdir(), 'report-')), 'report');
  const path = await writeReport(dir, { ...NOTHING, ...content });
  expect(readdirSync(dir)).toEqual(['index.html']);
  return readFileSync(path, 'utf8');
}

/** At the end of a row of the findings. */
const VERDICTS = /(holds|does not hold)(?= (?!if)[A-Z])/g;

/** A section with its text alone: tags out, spaces to one. */
function textOf(page: string, id: string): string {
  const section = page.split(`<section id="${id}">`)[1].split('</section>')[0];
  return section
    .replace(/<(style|script|title)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

/** Without what scripts hold: the explorer, and the records that it draws. */
const markup = (page: string) => page.replace(/(<script\b[^>]*>).*?(<\/script>)/gs, '$1$2');

const contents: [string, () => Promise<Partial<ReportContent>>][] = [
  ['no results', async () => ({})],
  ['own results of one seed', async () => ({ own: [result('figure5', 3)] })],
  ['committed results', async () => ({ committed: COMMITTED })],
  [
    'everything',
    async () => ({
      own: STUDIES.map(({ name }) => result(name, 0, 'short')),
      committed: COMMITTED,
      samples: [await sample(), await sample()],
    }),
  ],
];

/** Prettier's parsers refuse what is not closed, or closed in the wrong order. */
async function expectValid(page: string): Promise<void> {
  const options = { originalText: page } as ParserOptions;
  await htmlParsers.html.parse(page, options);
  const style = /<style>(.*?)<\/style>/s.exec(page)![1];
  await cssParsers.css.parse(style, { originalText: style } as ParserOptions);
  expect(page).toMatch(/^<!doctype html>/);
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
}

it.each(contents)('with %s: valid, all in one file, a section for every study', async (_, make) => {
  const page = await report(await make());
  await expectValid(page);

  const targets = [...markup(page).matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, target]) => target);
  const outside = targets.filter((target) => !/^(#|data:)/.test(target));
  expect(outside).toEqual(['https://arxiv.org/abs/2301.12597']);
  expect(markup(page)).not.toMatch(/url\(|@import|srcset/);
  expect(page).not.toMatch(/XMLHttpRequest|WebSocket|import\(/);

  for (const { name, title, announcement } of STUDIES) {
    const text = textOf(page, name);
    expect(text).toContain(title);
    expect(text).toContain(announcement);
    expect(text).toContain(`npx blip2 reproduce ${name}`);
  }
});

it('the parser that says so refuses what is not valid', async () => {
  for (const wrong of ['<p><b>x</p>', '<div></span></div>', '<p><div></div></p>']) {
    const parse = async () =>
      void (await htmlParsers.html.parse(wrong, { originalText: wrong } as ParserOptions));
    await expect(parse()).rejects.toThrow(/Unexpected closing tag/);
  }
});

it('without results says so, and how long they take', async () => {
  const page = await report({});
  expect(textOf(page, 'figure5')).toContain('about 21 minutes on two cores (3 minutes with --size short )');
  expect(textOf(page, 'findings').match(/not measured/g)).toHaveLength(5);
});

it('one seed gives differences, but neither intervals nor verdicts', async () => {
  const page = await report({ own: [result('table6', 2)] });
  const [plain, itg] = result('table6', 2).measurements;
  const difference = (itg.value - plain.value).toFixed(1);
  expect(textOf(page, 'table6')).toContain(
    `Yours, 1 seed: ITC + ITM + ITG is ${difference} above ITC + ITM in R@1 image→text.`,
  );
  const findings = textOf(page, 'findings');
  expect(findings.match(/too few seeds/g)).toHaveLength(2);
  expect(findings).toContain(`+${difference} 1 seed`);
  expect(findings).not.toMatch(VERDICTS);
});

it('five seeds: means, deviations, intervals and verdicts, the paper’s numbers beside them', async () => {
  const page = await report({ committed: COMMITTED });
  const values = COMMITTED.filter(({ study }) => study === 'table6').map(({ measurements }) =>
    measurements.filter(({ metric }) => metric === 'R@1 image→text').map(({ value }) => value),
  );
  const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const plain = mean(values.map(([value]) => value));
  const deviation = Math.sqrt(mean(values.map(([value]) => (value - plain) ** 2)) * (5 / 4));
  const table6 = textOf(page, 'table6');
  expect(table6).toContain(`R@1 image→text ITC + ITM 84.5 ${plain.toFixed(1)} ± ${deviation.toFixed(1)}`);
  expect(table6).toContain('97.0');
  // What was made up to be large holds, what was made up to be smaller than the noise does not.
  const verdicts = textOf(page, 'findings').match(VERDICTS);
  expect(verdicts).toEqual(['holds', 'holds', 'holds', 'does not hold', 'holds']);
});

it('the paper beside a finding: its difference, or what it says, or that it does not have it', async () => {
  const page = await report({ committed: COMMITTED });
  const findings = textOf(page, 'findings');
  // 85.4 − 84.5.
  expect(findings).toContain('ITG improves image-to-text retrieval. +0.9 table 6');
  expect(findings).toContain('better with OPT. far higher figure 5');
  expect(findings).toContain('more than untrained ones. not in the paper');
  expect(textOf(page, 'figure5')).toContain('In the paper: far higher (figure 5).');
  expect(textOf(page, 'attention')).toContain('Not in the paper');
});

it('a claim whose seeds lack what it needs has numbers, but no verdict', async () => {
  const [claim] = TABLE6.claims;
  const needs = {
    text: 'ITG helps a hundredfold',
    ...{ metric: claim.metric, arm: claim.better, than: claim.worse, times: 100 },
  };
  const study = { ...TABLE6, claims: [{ ...claim, needs }] };
  const page = await report({ studies: [study], committed: COMMITTED });
  expect(textOf(page, 'findings')).toContain('cannot tell');
  expect(textOf(page, 'findings')).not.toMatch(VERDICTS);
  expect(textOf(page, 'table6')).toContain(
    'This cannot be told unless ITG helps a hundredfold: not so in 5 of 5 seeds.',
  );
});

it('own results of several scales stand side by side, each with its scale', async () => {
  const own = [result('table6', 0), result('table6', 1, 'short'), result('attention', 2, 'short')];
  const page = await report({ own, committed: COMMITTED });
  const table6 = textOf(page, 'table6');
  expect(table6).toContain('Committed 5 seeds Yours seed 0 Yours seed 1, short');
  expect(table6).toContain('Yours, 1 seed: ');
  expect(table6).toContain('Yours, 1 seed, short: ');
  expect(textOf(page, 'attention')).toContain('Yours, 1 seed, short: ');
  expect(page).toContain('yours: seed 0; seed 1, short');
});

it('curves: a band for the committed seeds, a line with marks for the own run', async () => {
  const onlyOwn = (await report({ studies: [FIGURE5], own: [result('figure5', 0)] })).split('<figure>')[1];
  expect(onlyOwn).not.toContain('<polygon');
  const both = (
    await report({ studies: [FIGURE5], own: [result('figure5', 0)], committed: COMMITTED })
  ).split('<figure>')[1];
  expect(both.match(/<polygon/g)).toHaveLength(3);
  expect(both.match(/<polyline/g)).toHaveLength(6);
  expect(both).toMatch(/<title>VQA accuracy, OPT\. with stage 1: .* at step 0, .* at step 300/);
});

it('results of other settings are shown as such, and never averaged with those of now', async () => {
  const inputs = 'of another time';
  const before = COMMITTED.map((one) => ({ ...one, inputs }));
  const own = [result('table6', 0)];
  const page = await report({ own, committed: before });
  expect(textOf(page, 'table6')).toContain('Other settings : the committed results');
  expect(textOf(page, 'table6')).toContain('Committed, 5 seeds');
  expect(textOf(page, 'table6')).toContain('Yours, 1 seed');
  expect(textOf(page, 'findings').match(/other settings/g)).toHaveLength(5);

  const half = COMMITTED.map((one) => (one.seed < 3 ? { ...one, inputs } : one));
  const mixed = await report({ committed: half });
  expect(textOf(mixed, 'table6')).toContain('Committed, 2 seeds');
  expect(mixed).not.toContain('ther settings');
});

it('examples of a study: pictures with what was asked and said, each kind by itself', async () => {
  const said = [
    { prompt: 'what color is the star?', text: 'green', truth: 'red', right: false },
    { prompt: 'why?', text: 'because' },
  ];
  const examples = Array.from({ length: 8 }, (_, picture) => ({ kind: 'talks', by: 'OPT', picture, said }));
  const other = {
    kind: 'captions',
    by: 'FlanT5',
    picture: 1,
    said: [{ prompt: '', text: 'a ring', right: true }],
  };
  const page = await report({ own: [{ ...result('table6', 0), examples: [...examples, other] }] });
  await expectValid(page);
  const text = textOf(page, 'table6');
  expect(text).toContain('what color is the star? wrong green (red)');
  expect(text).toContain('2 more');
  expect(text).toContain('captions right a ring FlanT5');
  expect(page.match(/<img/g)).toHaveLength(9);
});

it('pictures: captions and answers with verdicts, and a tile for each query', async () => {
  const page = await report({ samples: [await sample()] });
  const text = textOf(page, 'pictures');
  expect(text).toContain('right “a red square left of a blue square” BLIP-2, OPT');
  expect(text).toContain('wrong “a red circle above a blue square” BLIP-2, FlanT5');
  expect(text).toContain('how many circles are there? wrong one BLIP-2, OPT');
  expect(text).toMatch(/query 7 \d+% on objects/);
  expect(page.match(/<use href="#sample-0"/g)).toHaveLength(16);
  // The explorer has the same numbers, where jupyter-ext is built.
  const script = explorerScript();
  expect(page.includes('id="sample-0-explorer"')).toBe(script !== undefined);
});

it('whatever is hostile stays text', async () => {
  const evil = `"><script>alert('1')</script><img src=x onerror=alert(2)>&amp;`;
  const study: Study = {
    ...TABLE6,
    title: evil,
    source: evil,
    announcement: evil,
    claims: [{ text: evil, metric: evil, better: `a${evil}`, worse: `b${evil}` }],
    paper: [{ arm: `a${evil}`, metric: evil, value: 1 }],
  };
  const base = result('table6', 0);
  const hostile = {
    ...base,
    measurements: ['a', 'b'].flatMap((arm) =>
      [0, 1].map((step) => ({ arm: arm + evil, metric: evil, value: step, step })),
    ),
    runs: base.runs.map((run) => ({ ...run, name: evil, hash: evil })),
    environment: { ...base.environment, cpu: evil, features: [evil] },
    command: evil,
    examples: [
      { kind: evil, by: evil, picture: 0, said: [{ prompt: evil, text: evil, truth: evil, right: false }] },
    ],
  };
  const picture = await sample();
  const samples = [
    {
      ...picture,
      captions: [{ by: evil, text: evil }],
      answers: [{ question: evil, answer: evil, by: evil }],
      attention: { ...picture.attention!, text: evil },
    },
  ];
  const page = await report({ studies: [study], own: [hostile], committed: [hostile], samples });
  const harmless = await report({ own: [base], samples: [picture] });
  const tags = (html: string, tag: string) => markup(html).split(`<${tag}`).length;
  expect(tags(page, 'script')).toBe(tags(harmless, 'script'));
  expect(tags(page, 'img')).toBe(tags(harmless, 'img') + 1);
  expect(page).not.toContain('<img src=x');
  expect(page).toContain('&amp;amp;');
  await expectValid(page);
});

it('samples of Shapes: models are held against what is there', async () => {
  const data = shapes({ train: 1, validation: 1, test: 2 });
  const truth = data.test.captions(1)[0];
  const picture = await sample();
  const asked: string[] = [];
  const model: SampleModel['model'] = {
    caption: async () => ({ text: truth }),
    answer: async (_, question) => {
      asked.push(question);
      const right = data.test.questions!(1).find((one) => one.question === question)!.answer;
      return { text: asked.length === 1 ? right : 'nothing' };
    },
    attend: async () => picture.attention!,
  };
  const [one] = await shapesSamples(data, [{ name: 'made up', model }], [1]);
  expect(one.captions).toEqual([
    { by: 'Shapes itself', text: truth },
    { by: 'made up', text: truth, right: true },
  ]);
  expect(one.answers.map(({ right }) => right)).toEqual([true, false, false]);
  expect(new Set(asked).size).toBe(3);
  expect(one.objects).toHaveLength(64);
});
