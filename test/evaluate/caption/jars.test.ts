/** METEOR and SPICE, played by a script named `java`: what is asked, what comes back, what goes wrong. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { captionMetrics } from '../../../packages/core/src/evaluate';
import { findJars, JARS_VARIABLE } from '../../../packages/core/src/evaluate/caption/jars';
import { meteor } from '../../../packages/core/src/evaluate/caption/meteor';
import { spice } from '../../../packages/core/src/evaluate/caption/spice';

const { PATH, [JARS_VARIABLE]: JARS } = process.env;
let folder: string;
const asked = () => readFileSync(join(folder, 'asked'), 'utf8');

/** Puts a `java` on the PATH that runs this JavaScript after `-version` was asked. */
function java(script: string): void {
  const path = join(folder, 'java');
  const log = `const log = (line) => require('fs').appendFileSync(${JSON.stringify(join(folder, 'asked'))}, line + '\\n');`;
  writeFileSync(
    path,
    `#!${process.execPath}\nif (process.argv[2] === '-version') process.exit(0);\n${log}\n${script}`,
  );
  chmodSync(path, 0o755);
  process.env.PATH = `${folder}${delimiter}${PATH}`;
}

function put(...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
}

const METEOR = ['meteor/meteor-1.5.jar', 'meteor/data/paraphrase-en.gz'];
const SPICE = [
  ...['spice/spice-1.0.jar', 'spice/lib/SceneGraphParser-1.0.jar'],
  ...['spice/lib/stanford-corenlp-3.6.0.jar', 'spice/lib/stanford-corenlp-3.6.0-models.jar'],
];

/** Statistics are the number of words asked for; scores a tenth of them. */
const ANSWERS = `
log(process.argv.slice(2).join(' '));
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  log(line);
  const [command, ...parts] = line.split(' ||| ');
  if (command === 'SCORE') console.log(parts.at(-1).split(' ').length + '.0');
  else {
    for (const part of parts) console.log(part / 10);
    console.log(parts.reduce((sum, part) => sum + Number(part), 0) / 100);
  }
});`;

const OPTIONS = '-Xmx2G -Dfile.encoding=UTF-8 -jar meteor-1.5.jar - - -stdio -l en -norm';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blip2-jars-'));
});

afterEach(() => {
  process.env.PATH = PATH;
  if (JARS === undefined) delete process.env[JARS_VARIABLE];
  else process.env[JARS_VARIABLE] = JARS;
});

describe('METEOR', () => {
  const ask = (options = {}) =>
    meteor(['a b c', 'd  e|||'], [['a', 'b c'], ['d']], join(folder, METEOR[0]), options);

  beforeEach(() => put(...METEOR));

  test('is asked line by line, scores of images and of all come back', async () => {
    java(ANSWERS);
    expect(await ask()).toEqual({ corpus: 0.05, perImage: [0.3, 0.2] });
    expect(asked().split('\n')).toEqual([
      OPTIONS,
      'SCORE ||| a ||| b c ||| a b c',
      'SCORE ||| d ||| d e',
      'EVAL ||| 3.0 ||| 2.0',
      '',
    ]);
  });

  test.each([
    ['ends early', "console.error('Out of memory'); process.exit(3);", /METEOR ended early: Out of memory/],
    ['says nothing', 'setInterval(() => {}, 1000);', /METEOR said nothing for 0\.5 s/],
    ['says what is no number', ANSWERS.replace('part / 10', "'Error: x'"), /METEOR answered "Error: x"/],
    ['cannot be started', undefined, /METEOR ended early/],
  ])('%s', async (what, script, message) => {
    if (script === undefined) process.env.PATH = folder;
    else java(script);
    await expect(ask(what === 'says nothing' ? { patience: 500 } : {})).rejects.toMatchObject({
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining(JARS_VARIABLE) as string,
    });
  });
});

describe('SPICE', () => {
  const ask = () => spice(['a', 'b'], [['c', 'd'], ['e']], join(folder, SPICE[0]));
  const answer = (results: string) => `
const [input, output] = [process.argv[6], process.argv[8]];
log(process.argv.slice(2, 6).join(' '));
log(require('fs').readFileSync(input, 'utf8'));
require('fs').writeFileSync(output, JSON.stringify(${results}));`;

  beforeEach(() => put(...SPICE));

  test('gets a file, its scores are put back in order', async () => {
    java(
      answer('[{ image_id: 1, scores: { All: { f: 0.5 } } }, { image_id: 0, scores: { All: { f: 0.1 } } }]'),
    );
    expect(await ask()).toEqual({ corpus: 0.3, perImage: [0.1, 0.5] });
    const [options, captions] = asked().split('\n');
    expect(options).toBe('-Xmx8G -Dfile.encoding=UTF-8 -jar spice-1.0.jar');
    expect(JSON.parse(captions)).toEqual([
      { image_id: 0, test: 'a', refs: ['c', 'd'] },
      { image_id: 1, test: 'b', refs: ['e'] },
    ]);
  });

  test.each([
    ['fails', "console.error('NoClassDefFoundError'); process.exit(1);", /exit code 1: NoClassDefFoundError/],
    [
      'leaves an image out',
      answer('[{ image_id: 1, scores: { All: { f: 0.5 } } }]'),
      /SPICE left out scores/,
    ],
    ['writes something else', answer('{}'), /SPICE left out scores/],
  ])('%s', async (_, script, message) => {
    java(script);
    await expect(ask()).rejects.toThrow(message);
  });
});

describe('where they are looked for', () => {
  const score = () => captionMetrics(['a b', 'c'], [['a b'], ['c']]);

  test('nowhere, unless the environment names a folder', async () => {
    delete process.env[JARS_VARIABLE];
    const { scores, notes } = await score();
    expect(scores).not.toHaveProperty('METEOR');
    expect(notes).toEqual([expect.stringMatching(/^METEOR and SPICE are left out: .*BLIP2_CAPTION_JARS/)]);
  });

  test('without Java', async () => {
    [process.env[JARS_VARIABLE], process.env.PATH] = [folder, folder];
    expect((await score()).notes).toEqual([
      expect.stringMatching(/METEOR and SPICE .* java cannot be started/),
    ]);
  });

  test('the file that is missing is named', () => {
    java('');
    put(...METEOR, ...SPICE.slice(0, 2));
    expect(findJars(folder)).toEqual({
      meteor: join(folder, METEOR[0]),
      notes: [`SPICE is left out: there is no ${join(folder, SPICE[2])} (see docs/metrics.md).`],
    });
    expect(findJars(join(folder, 'nowhere')).notes[0]).toMatch(/METEOR is left out: there is no .*nowhere/);
  });

  test('what is there is scored', async () => {
    java(ANSWERS);
    put(...METEOR);
    process.env[JARS_VARIABLE] = folder;
    const { scores, perImage, notes } = await score();
    expect(scores.METEOR).toBe(0.03);
    expect(perImage.map((image) => image.METEOR)).toEqual([0.2, 0.1]);
    expect(notes).toEqual([expect.stringMatching(/^SPICE is left out/)]);
  });
});
