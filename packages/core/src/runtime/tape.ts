/** Which gradients are asked for: TensorFlow.js knows, but tells no operation. */
import { tf, type Tensor } from './tensorflow';

/** What TensorFlow.js keeps private: an operation on its tape. */
export interface TapeNode {
  inputs: Record<string, Tensor>;
  outputs: Tensor[];
  saved: Tensor[];
  gradient?: (dys: Tensor[]) => Record<string, () => Tensor>;
}

/**
 * Has the operation that was the last to be put on the tape, if it made this result, say which of its inputs' gradients are
 * wanted before it is asked for them. (TensorFlow.js asks a copy of it that has no other inputs.)
 */
export function whenDifferentiated(result: Tensor, tell: (wanted: ReadonlySet<string>) => void): void {
  const { activeTape } = (tf.engine() as unknown as { state: { activeTape: TapeNode[] | null } }).state;
  const node = activeTape?.at(-1);
  const gradient = node?.gradient;
  if (!gradient || node.outputs[0] !== result) return;
  node.gradient = function (this: TapeNode, dys) {
    tell(new Set(Object.keys(this.inputs)));
    return gradient(dys);
  };
}
