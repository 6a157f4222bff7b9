/** Nested arrays and records with tensors as leaves: arguments and results of compiled functions. */
import { HalfTensor } from './half';
import { tf, type Tensor } from './tensorflow';

export type TensorTree =
  Tensor | HalfTensor | undefined | readonly TensorTree[] | { readonly [key: string]: TensorTree };

type Leaf = Tensor | HalfTensor;

const isLeaf = (tree: TensorTree): tree is Leaf => tree instanceof tf.Tensor || tree instanceof HalfTensor;

/** The leaves, in a fixed order. */
export function leaves(tree: TensorTree): Leaf[] {
  if (tree === undefined) return [];
  if (isLeaf(tree)) return [tree];
  return Object.values(tree).flatMap(leaves);
}

/** The same tree with each leaf replaced. */
export function mapLeaves<T extends TensorTree>(tree: T, replace: (leaf: Leaf) => Leaf): T {
  const walk = (node: TensorTree): TensorTree => {
    if (node === undefined) return undefined;
    if (isLeaf(node)) return replace(node);
    if (Array.isArray(node)) return node.map(walk);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child)]));
  };
  return walk(tree) as T;
}

/** Structure, shapes and types: what a compiled function is specialised for. */
export function signature(tree: TensorTree): string {
  if (tree === undefined) return '-';
  if (isLeaf(tree)) return `${tree.dtype}[${tree.shape.join(',')}]`;
  if (Array.isArray(tree)) return `(${tree.map(signature).join(' ')})`;
  return `{${Object.entries(tree)
    .map(([key, child]) => `${key}:${signature(child)}`)
    .join(' ')}}`;
}
