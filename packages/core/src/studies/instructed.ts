/** Instructed generation: what is written after a prompt, and whether it holds of the picture. */
import type { Stage2Model } from '../recipes';
import { ofDifferentPictures } from './asking';
import { elsewhereArm, type Language } from './languages';
import { INSTRUCTIONS, type Instruction, type InstructionKind } from './prompts';
import { elsewhere, EXAMPLES, GENERATION, scenesOf } from './spokenAbout';
import { percent } from './statistics';
import type { Example, Measurement, StudyContext } from './study';

const contraryArm = (language: Language) => `${language}, the contrary asked`;
/** The metric of a kind of prompt. */
export const rightOf = (kind: InstructionKind): string => `right: ${kind}`;

/** Prompts of one kind, about their pictures, about others, and, where a prompt has a contrary, that one. */
export async function instructed(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
  kind: InstructionKind,
): Promise<Measurement[]> {
  const { test } = context.data;
  const { indices, scenes } = scenesOf(context);
  const all = scenes.flatMap((scene, i) =>
    INSTRUCTIONS[kind](scene, model.parts.model).map((instruction: Instruction) => ({
      instruction,
      picture: indices[i],
    })),
  );
  const write = async (
    pictures: readonly number[],
    prompts = all.map(({ instruction }) => instruction.prompt),
  ) => {
    const texts = await model.generate(test, pictures, prompts, GENERATION);
    return texts.map(([{ text }], i) => ({ text, right: all[i].instruction.isRight(text) }));
  };
  const pictures = all.map(({ picture }) => picture);
  const own = await write(pictures);
  const other = await write(elsewhere(pictures, test.size));
  const contrary = all.flatMap(({ instruction }) => instruction.contrary ?? []);
  const examples = all.map(({ instruction, picture }, i): Example => {
    const { prompt, truth } = instruction;
    return { kind, by: language, picture, said: [{ prompt, truth, ...own[i] }] };
  });
  context.keep(ofDifferentPictures(examples, EXAMPLES));
  const share = (arm: string, said: readonly { right: boolean }[]): Measurement => ({
    arm,
    metric: rightOf(kind),
    value: percent(said.map(({ right }) => right)),
  });
  return [
    share(language, own),
    share(elsewhereArm(language), other),
    ...(contrary.length > 0 ? [share(contraryArm(language), await write(pictures, contrary))] : []),
  ];
}
