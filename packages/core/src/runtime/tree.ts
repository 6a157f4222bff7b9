/** Nested arrays and records with tensors as leaves: arguments and results of compiled functions. */
import { Blip2Error } from './errors';
import { HalfTensor } from './half';
import { tf, type Tensor } from './tensorflow';

export type TensorTree =
  Tensor | HalfTensor | undefined | readonly TensorTree[] | { readonly [key: string]: TensorTree };

type Leaf = Tensor | HalfTensor;

const isLeaf = (tree: TensorTree): tree is Leaf => tree instanceof tf.Tensor || tree instanceof HalfTensor;

/**
 * The branches of a tree that is no leaf.
 * @throws Blip2Error for a number: it would be missing from the signature, and so be frozen
 */
function branches(tree: Exclude<TensorTree, Leaf | undefined>): [string, TensorTree][] {
  if (typeof tree !== 'object' || tree === null) {
    throw new Blip2Error(`There is ${JSON.stringify(tree)} where a tensor should be`, {
      hint: 'Pass numbers as tf.scalar(…).',
    });
  }
  return Object.entries(tree as { readonly [key: string]: TensorTree });
}

/** The leaves, in a fixed order. */
export function leaves(tree: TensorTree): Leaf[] {
  if (tree === undefined) return [];
  if (isLeaf(tree)) return [tree];
  return branches(tree).flatMap(([, child]) => leaves(child));
}

/** The same tree with each leaf replaced. */
export function mapLeaves<T extends TensorTree>(tree: T, replace: (leaf: Leaf) => Leaf): T {
  const walk = (node: TensorTree): TensorTree => {
    if (node === undefined) return undefined;
    if (isLeaf(node)) return replace(node);
    if (Array.isArray(node)) return node.map(walk);
    return Object.fromEntries(branches(node).map(([key, child]) => [key, walk(child)]));
  };
  return walk(tree) as T;
}

/** Structure, shapes and types: what a compiled function is specialised for. */
export function signature(tree: TensorTree): string {
  if (tree === undefined) return '-';
  if (isLeaf(tree)) return `${tree.dtype}[${tree.shape.join(',')}]`;
  if (Array.isArray(tree)) return `(${tree.map(signature).join(' ')})`;
  return `{${branches(tree)
    .map(([key, child]) => `${key}:${signature(child)}`)
    .join(' ')}}`;
}
