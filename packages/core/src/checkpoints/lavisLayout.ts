/** Which checkpoint of LAVIS or OpenAI a set of tensors is, told by their names. */
import { Blip2Error } from '../runtime';
import type { StoredTensors } from './lavisTensors';
import type { Layout } from './lavisNames';

/** What the tensors make together. */
export type LavisKind = 'generation' | 'retrieval' | 'eva' | 'clip-vision' | 'clip';

export interface Recognised {
  kind: LavisKind;
  layout: Layout;
  /** As in a model of LAVIS: the names of a tower alone lack `visual_encoder.`. */
  tensors: StoredTensors;
}

const TOWER = 'visual_encoder.';

/** @param path names the file in errors. @throws Blip2Error if the names are not those of such a checkpoint */
export function recognise(path: string, tensors: StoredTensors): Recognised {
  const has = (name: string) => tensors.has(name);
  if (has('query_tokens')) {
    const language = has('t5_proj.weight') ? 't5' : 'opt';
    const vision = has(`${TOWER}conv1.weight`) || readsVitL(tensors) ? 'clip' : 'eva';
    const kind = has(`${language}_proj.weight`) ? 'generation' : 'retrieval';
    return { kind, layout: { vision, language, isOpenAi: false }, tensors };
  }
  const alone = { language: 'opt', isOpenAi: false } as const;
  if (has('visual.conv1.weight')) {
    return { kind: 'clip', layout: { ...alone, vision: 'clip', isOpenAi: true }, tensors };
  }
  const named = new Map([...tensors].map(([name, tensor]) => [TOWER + name, tensor]));
  if (has('conv1.weight'))
    return { kind: 'clip-vision', layout: { ...alone, vision: 'clip' }, tensors: named };
  if (has('patch_embed.proj.weight'))
    return { kind: 'eva', layout: { ...alone, vision: 'eva' }, tensors: named };
  const some = [...tensors.keys()].slice(0, 5).join(', ');
  throw new Blip2Error(`${path} is no checkpoint of LAVIS or CLIP: its tensors are ${some}, …`, {
    hint: 'Read are LAVIS’s BLIP-2 (stage 1, stage 2, ITM, fine-tuned), eva_vit_g.pth, clip_vit_L.pth and OpenAI’s CLIP.',
  });
}

/** Of a checkpoint without its tower: the width of the image that the Q-Former reads. */
export function imageWidth(tensors: StoredTensors): number | undefined {
  return tensors.get('Qformer.bert.encoder.layer.0.crossattention.self.key.weight')?.shape[1];
}

const readsVitL = (tensors: StoredTensors): boolean => imageWidth(tensors) === 1024;

/** Numbers of blocks under a prefix such as `visual_encoder.blocks.`. */
export function blockCount(tensors: StoredTensors, prefix: string): number {
  const numbers = [...tensors.keys()].flatMap((name) =>
    name.startsWith(prefix) ? [Number(/^\d+/.exec(name.slice(prefix.length))?.[0] ?? -1)] : [],
  );
  return numbers.reduce((most, number) => Math.max(most, number + 1), 0);
}

/** A tower's names as its own file has them. */
export function withoutTower(name: string): string {
  return name.startsWith(TOWER) ? name.slice(TOWER.length) : name;
}
