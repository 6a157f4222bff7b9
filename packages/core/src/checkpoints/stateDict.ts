/** The tensors of a checkpoint by name, wherever in it they lie. */
import { PickledObject, type PickleValue } from './pickleMachine';
import { tensorOf, type PickledTensor } from './pickleGlobals';
import { excerpt } from './problems';

/** Under which a checkpoint keeps its model, beside optimizer and epoch: LAVIS's `model`, Lightning's `state_dict`. */
const MODEL_KEYS = ['model', 'state_dict', 'model_state_dict', 'module'];
const DEEPEST = 32;

type Fail = (problem: string) => never;

/**
 * The model's tensors: a dictionary of them, one under `model`, or the modules of TorchScript.
 * @param fail is told that there are none
 */
export function stateDict(root: PickleValue, fail: Fail): Map<string, PickledTensor> {
  if (root instanceof PickledObject && root.kind === 'module') return ofModule(root, fail);
  if (!(root instanceof Map)) return fail('is no dictionary of tensors');
  const own = tensorsIn(root);
  if (own.size > 0) return own;
  for (const key of MODEL_KEYS) {
    const value = root.get(key);
    const inside = value instanceof Map ? tensorsIn(value) : undefined;
    if (inside?.size) return inside;
  }
  const keys = [...root.keys()].slice(0, 10).map((key) => (typeof key === 'string' ? excerpt(key) : '…'));
  return fail(`holds no tensors by name, nor under ${MODEL_KEYS.join(', ')}; its keys: ${keys.join(', ')}`);
}

function tensorsIn(map: ReadonlyMap<PickleValue, PickleValue>): Map<string, PickledTensor> {
  const found = new Map<string, PickledTensor>();
  for (const [name, value] of map) {
    const tensor = tensorOf(value);
    if (typeof name === 'string' && tensor) found.set(name, tensor);
  }
  return found;
}

/** Of a module and those inside it. A module that comes up again, even inside itself, is read once. */
function ofModule(root: PickledObject, fail: Fail): Map<string, PickledTensor> {
  const found = new Map<string, PickledTensor>();
  const seen = new Set<PickledObject>();
  const visit = (module: PickledObject, prefix: string, depth: number) => {
    if (seen.has(module)) return;
    if (depth > DEEPEST) fail(`nests modules more than ${DEEPEST} deep`);
    seen.add(module);
    if (!(module.state instanceof Map)) return;
    for (const [name, value] of module.state) {
      if (typeof name !== 'string') continue;
      const tensor = tensorOf(value);
      if (tensor) found.set(prefix + name, tensor);
      else if (value instanceof PickledObject && value.kind === 'module')
        visit(value, `${prefix}${name}.`, depth + 1);
    }
  };
  visit(root, '', 0);
  return found.size > 0 ? found : fail('holds no tensors');
}
