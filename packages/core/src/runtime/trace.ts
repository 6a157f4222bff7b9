/**
 * One trace: the operations of one run of a function, added to a TensorFlow graph in place of being executed.
 * TensorFlow infers each shape, so a trace costs no arithmetic and has no side effects. In JavaScript a traced
 * tensor carries a negative id, of its own in the whole process: used in another trace it is recognised.
 */
import {
  attribute,
  DType,
  nativeBinding,
  pin,
  unpin,
  type HostValues,
  type OpAttribute,
  type Recorder,
  type TensorMetadata,
} from './binding';
import { Blip2Error } from './errors';
import { resourceFacts } from './resources';

/** Constants up to this many values are written into the graph; larger ones become inputs of the function. */
const INLINE_LIMIT = 256;

/** What was done to a variable so far, in operations of the graph. */
interface ResourceHistory {
  lastWrite: number | undefined;
  readsSince: number[];
  currentRead: TensorMetadata | undefined;
}

export interface TracedFunction {
  name: string;
  /** Tensors from outside that the function uses: its inputs after the explicit ones. Pinned; the holder unpins. */
  captured: number[];
  operations: number;
  /** Size of the serialised function. */
  bytes: number;
  outputs: TensorMetadata[];
}

/** A tensor that JavaScript made while a trace was recorded. */
interface Upload {
  values: HostValues;
  shape: number[];
  dtype: number;
}

/** The last id that a traced tensor got. TensorFlow.js uses −1 itself. */
let lastId = -1;

export class Trace implements Recorder {
  readonly #graph = nativeBinding().graphCreate();
  readonly #inputs: number[] = [];
  /** Places in the graph: of its own tensors by their negative id, of those from outside by their real one. */
  readonly #places = new Map<number, number>();
  /** Which operation gives the tensor at a place; none gives an input. */
  readonly #makers = new Map<number, number>();
  readonly #captured: number[] = [];
  readonly #uploads = new Map<number, Upload>();
  /** Places of constants by their type, shape and bytes: a scalar or a shape comes up in every block. */
  readonly #constants = new Map<string, number>();
  readonly #history = new Map<number, ResourceHistory>();
  readonly #effects: number[] = [];
  #operations = 0;

  constructor(
    readonly name: string,
    readonly isXla = false,
  ) {}

  /** An explicit input of the function. */
  input(dtype: number, shape: number[]): TensorMetadata {
    const metadata = nativeBinding().graphPlaceholder(this.#graph, dtype, shape);
    this.#inputs.push(metadata.id);
    return this.#named(metadata);
  }

  noteUpload(id: number, values: HostValues, shape: number[], dtype: number): void {
    this.#uploads.set(id, { values, shape, dtype });
  }

  addOp(
    name: string,
    attributes: OpAttribute[],
    inputs: number[],
    outputs: number,
    after: readonly number[] = [],
    known?: number[],
  ): TensorMetadata[] {
    const resources = inputs.filter((id) => id >= 0 && resourceFacts(id));
    const histories = resources.map((id) => this.#historyOf(id));
    const reading = name === 'ReadVariableOp';
    if (reading && histories[0].currentRead) return [histories[0].currentRead];

    // What gives nothing back (an assignment, an optimizer's update) is there to change its variable: it must run in
    // order, and though nothing depends on it.
    const writing = resources.length > 0 && outputs === 0;
    const controls = histories.flatMap(({ lastWrite, readsSince }) => [
      ...(lastWrite === undefined ? [] : [lastWrite]),
      ...(writing ? readsSince : []),
    ]);
    controls.push(...after.flatMap((id) => this.#makers.get(this.#place(id)) ?? []));
    const places = inputs.map((id) => this.#place(id));
    const shape = reading ? resourceFacts(inputs[0])?.shape : known;
    const binding = nativeBinding();
    const value = (attribute: string): unknown => attributes.find(({ name }) => name === attribute)?.value;
    const added = binding.graphAddOp(
      this.#graph,
      name,
      attributes,
      places,
      outputs,
      controls,
      name === 'IdentityN' ? places.length : Number(value('N') ?? 0),
      value('Nordering_token') === 0,
      shape,
    );
    this.#operations++;
    for (const { id } of added.outputs) this.#makers.set(id, added.operation);
    const results = added.outputs.map((metadata) => this.#named(metadata));

    if (writing) this.#effects.push(added.operation);
    for (const history of histories) {
      if (writing)
        Object.assign(history, { lastWrite: added.operation, readsSince: [], currentRead: undefined });
      else history.readsSince.push(added.operation);
      if (reading) history.currentRead = results[0];
    }
    return results;
  }

  /** Turns the graph into a function of the eager context; `outputs` are ids of traced tensors. */
  finish(name: string, outputs: number[]): TracedFunction {
    // An output must be a value of the graph, and inputs handed straight through count as such only by a copy.
    const places = outputs.map((id) => this.#identity(this.#place(id)));
    const inputs = [...this.#inputs, ...this.#captured.map((id) => this.#place(id))];
    const metadata = places.map(([, output]) => output);
    const bytes = nativeBinding().graphToFunction(
      this.#graph,
      name,
      inputs,
      places.map(([place]) => place),
      this.#effects,
    );
    return { name, captured: this.#captured, operations: this.#operations, bytes, outputs: metadata };
  }

  /** Drops an unfinished trace. */
  abandon(): void {
    this.#captured.forEach(unpin);
    nativeBinding().graphDelete(this.#graph);
  }

  #historyOf(resource: number): ResourceHistory {
    let history = this.#history.get(resource);
    if (!history) {
      history = { lastWrite: undefined, readsSince: [], currentRead: undefined };
      this.#history.set(resource, history);
    }
    return history;
  }

  /** A tensor of the graph under the id that JavaScript knows it by. */
  #named(metadata: TensorMetadata): TensorMetadata {
    this.#places.set(--lastId, metadata.id);
    return { ...metadata, id: lastId };
  }

  /** Where a tensor is in the graph; one from outside enters it as a constant or as a captured input. */
  #place(id: number): number {
    let place = this.#places.get(id);
    if (place === undefined) {
      if (id < 0) throw fromElsewhere(this.name);
      place = this.#constant(id) ?? this.#capture(id);
      this.#places.set(id, place);
    }
    return place;
  }

  #constant(id: number): number | undefined {
    const upload = this.#uploads.get(id);
    if (!upload) return undefined;
    if (upload.values.length <= INLINE_LIMIT) return this.#inlined(id, upload);
    return isUniform(upload.values) ? this.#fill(upload) : undefined;
  }

  #inlined(id: number, upload: Upload): number {
    const key = keyOf(upload);
    let place = this.#constants.get(key);
    if (place === undefined) {
      place = nativeBinding().graphConst(this.#graph, id).id;
      this.#constants.set(key, place);
    }
    return place;
  }

  /** A large constant of one value, as a Fill: its bytes stay out of the graph. */
  #fill({ values, shape, dtype }: Upload): number {
    const binding = nativeBinding();
    const dims = binding.createTensor([shape.length], DType.int32, Int32Array.from(shape));
    const value = binding.createTensor([], dtype, values.slice(0, 1));
    const inputs = [dims, value].map((tensor) => binding.graphConst(this.#graph, tensor).id);
    binding.deleteTensor(dims);
    binding.deleteTensor(value);
    const types = [attribute('T', 'type', dtype), attribute('index_type', 'type', DType.int32)];
    return binding.graphAddOp(this.#graph, 'Fill', types, inputs, 1, [], 0, false).outputs[0].id;
  }

  #capture(id: number): number {
    const facts = resourceFacts(id);
    const { shape, dtype } = facts ? { shape: [], dtype: DType.resource } : describe(id);
    this.#captured.push(id);
    pin(id); // its scope may end before the trace does
    return nativeBinding().graphPlaceholder(this.#graph, dtype, shape).id;
  }

  #identity(place: number): [number, TensorMetadata] {
    const { outputs } = nativeBinding().graphAddOp(this.#graph, 'Identity', [], [place], 1, [], 0, false);
    return [outputs[0].id, outputs[0]];
  }
}

function fromElsewhere(name: string): Blip2Error {
  return new Blip2Error(`"${name}" uses a tensor that was made while another function was compiled`, {
    hint: 'Such a tensor has no value of its own: return it from the function that makes it.',
  });
}

/** The same for constants that are the same, to the bit: −0 is not 0. */
function keyOf({ values: { buffer, byteOffset, byteLength }, shape, dtype }: Upload): string {
  return `${dtype} ${shape} ${Buffer.from(buffer, byteOffset, byteLength).toString('latin1')}`;
}

function isUniform(values: HostValues): boolean {
  const first = values[0];
  return values.every((value) => value === first);
}

/** Shape and type of a real tensor, from an operation that costs nothing. */
function describe(id: number): { shape: number[]; dtype: number } {
  const binding = nativeBinding();
  const [copy] = binding.executeOp('Identity', [], [id], 1);
  binding.deleteTensor(copy.id);
  return copy;
}
