// The first thing that a new user sees: the shipped BLIP-2 looks at a picture that it was not trained on, says what is
// there, answers questions about it, and shows where its queries look.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { paths } from './setup/paths.mjs';

const PICTURE = 3;
/** The picture is drawn larger for people than models see it. */
const SCALE = 6;

export async function demo(folder = join(paths.runs, 'demo')) {
  const require = createRequire(import.meta.url);
  const { attentionPage, Blip2, shapes, shapesTower } = require(paths.core);
  const { encodePng } = require(paths.datasets);
  const { world } = shapes();
  const example = world.splits.test[PICTURE];
  const png = (scale) =>
    Buffer.from(encodePng(world.render(example, scale), world.imageSize * scale, world.imageSize * scale));
  const picture = png(1);
  const model = await Blip2.load(shapesTower('blip2-opt'));
  const caption = await model.caption(picture);
  const kinds = new Map(example.questions.map((question) => [question.kind, question]));
  const asked = ['color', 'shape', 'size'].map((kind) => kinds.get(kind)).filter((one) => one !== undefined);
  const answers = [];
  for (const { question } of asked) answers.push((await model.answer(picture, question)).text);
  const page = attentionPage(await model.attend(png(SCALE)));
  model.dispose();

  mkdirSync(folder, { recursive: true });
  const files = { picture: join(folder, 'picture.png'), attention: join(folder, 'attention.html') };
  writeFileSync(files.picture, png(SCALE));
  writeFileSync(files.attention, await page);
  const lines = [
    ['caption', caption.text],
    ...asked.map(({ question, answer }, i) => [question, `${answers[i]} (right: ${answer})`]),
    ['the picture', relative(process.cwd(), files.picture)],
    ['where the queries look', relative(process.cwd(), files.attention)],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  console.log(lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n'));
}
