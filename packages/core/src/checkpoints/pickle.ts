/**
 * Python's pickles, as far as checkpoints use them: a stack machine that builds plain values. Nothing is ever run: the
 * names of classes and functions are looked up in a list of what checkpoints hold (pickleGlobals.ts), and any other is
 * an error. Memory is bounded by the file: an operation takes a byte at least, and makes one small value.
 */
import { Machine, type PickleReader, type PickleValue } from './pickleMachine';
import { OPERATIONS } from './pickleOperations';

/** A checkpoint of a model has some ten thousand; with its optimizer's state, four times as many. */
const MOST_OPERATIONS = 2_000_000;
const STOP = '.'.charCodeAt(0);

/** The value of the pickle that begins at the cursor, which is left behind its end. */
export function unpickle(reader: PickleReader): PickleValue {
  const { cursor, fail } = reader;
  const machine = new Machine(reader);
  for (let count = 0; count < MOST_OPERATIONS; count++) {
    const code = cursor.byte();
    if (code === STOP) return machine.pop();
    const operation = OPERATIONS.get(code);
    if (!operation) return fail(`has the operation 0x${code.toString(16)}, which checkpoints do not use`);
    operation(machine, cursor);
  }
  return fail(`has more than ${MOST_OPERATIONS} operations`);
}
