/** A variable on the device, updated in place: TensorFlow's resource variables. */
import { activeRecorder, attribute, DType } from './binding';
import { Blip2Error } from './errors';
import { execute, executeRaw, type ResourceHandle } from './execute';
import { forgetResource, registerResource } from './resources';
import { backend, type Tensor } from './tensorflow';

let created = 0;

export class Variable implements ResourceHandle {
  readonly shape: number[];
  readonly resource: number;

  /**
   * A float32 variable with its first value.
   * @throws Blip2Error inside a compiled function, which can only use variables that exist
   */
  constructor(value: Tensor) {
    const recorder = activeRecorder();
    if (recorder) {
      throw new Blip2Error(`A variable was created inside the compiled function "${recorder.name}"`, {
        hint: 'Create parameters outside, and read and assign them inside.',
      });
    }
    this.shape = value.shape.slice();
    const attributes = [
      attribute('container', 'string', ''),
      attribute('shared_name', 'string', `blip2_variable_${created++}`),
      attribute('dtype', 'type', DType.float32),
      attribute('shape', 'shape', this.shape),
    ];
    this.resource = executeRaw('VarHandleOp', attributes, [], 1)[0].id;
    registerResource(this.resource, { shape: this.shape, dtype: DType.float32 });
    this.assign(value);
  }

  /** The value now; it does not follow later updates. */
  read(): Tensor {
    return execute('ReadVariableOp', [attribute('dtype', 'type', DType.float32)], [this]);
  }

  assign(value: Tensor): void {
    executeRaw('AssignVariableOp', [attribute('dtype', 'type', DType.float32)], [this, value], 0);
  }

  dispose(): void {
    executeRaw('DestroyResourceOp', [attribute('ignore_lookup_error', 'bool', true)], [this], 0);
    forgetResource(this.resource);
    backend.binding.deleteTensor(this.resource);
  }
}
