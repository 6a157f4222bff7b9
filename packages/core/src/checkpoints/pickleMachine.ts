/** The stack machine of pickles: its values, what it holds, and what its operations do to that. */
import type { ByteCursor } from './byteCursor';

/** What a pickle says. Python's tuples and lists are arrays, its dictionaries are Maps. */
export type PickleValue =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickledObject
  | PickleGlobal;

/** An object of a class that the list knows: what a checkpoint says of it. */
export class PickledObject {
  state: PickleValue;
  constructor(
    readonly kind: string,
    readonly value?: unknown,
  ) {}
}

/** A class or a function of the list: what it makes of its arguments. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly make?: (args: PickleValue[]) => PickleValue,
  ) {}
}

export interface PickleReader {
  cursor: ByteCursor;
  /** The class or function of a name. @throws if it is not one that checkpoints hold */
  find: (module: string, name: string) => PickleGlobal;
  /** What stands for a tensor's memory. */
  persistent: (id: PickleValue) => PickleValue;
  fail: (problem: string) => never;
}

/** Stack, marks and memo of a pickle that is read. */
export class Machine {
  readonly memo = new Map<number, PickleValue>();
  private stack: PickleValue[] = [];
  private readonly below: PickleValue[][] = [];

  constructor(readonly reader: PickleReader) {}

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    if (this.stack.length === 0) this.reader.fail('takes a value where there is none');
    return this.stack.pop();
  }

  top(): PickleValue {
    if (this.stack.length === 0) this.reader.fail('takes a value where there is none');
    return this.stack[this.stack.length - 1];
  }

  mark(): void {
    this.below.push(this.stack);
    this.stack = [];
  }

  /** The values since the last mark. */
  popMark(): PickleValue[] {
    const items = this.stack;
    this.stack = this.below.pop() ?? this.reader.fail('takes values back to a mark that was never set');
    return items;
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  append(items: PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) return this.reader.fail('appends to what is no list');
    for (const item of items) list.push(item);
  }

  set(items: PickleValue[]): void {
    const map = this.top();
    if (!(map instanceof Map) || items.length % 2 === 1)
      return this.reader.fail('sets items of no dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) this.reader.fail('repeats a value that it never named');
    this.push(this.memo.get(index));
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.reader.fail('names a class by no text');
    this.push(this.reader.find(module, name));
  }

  /** What a class or function makes of its arguments; only those of the list are known. */
  call(): void {
    const [callee, args] = this.popMany(2);
    if (!(callee instanceof PickleGlobal) || !callee.make || !Array.isArray(args)) {
      return this.reader.fail(
        `calls ${callee instanceof PickleGlobal ? callee.name : 'what is no function'}`,
      );
    }
    this.push(callee.make(args));
  }

  /** The attributes of an object. A dictionary's own are not needed. */
  build(): void {
    const state = this.pop();
    const object = this.top();
    if (object instanceof PickledObject) object.state = state;
    else if (!(object instanceof Map)) this.reader.fail('gives attributes to what has none');
  }
}
