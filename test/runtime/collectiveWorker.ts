/** One of several processes that sum a tensor: `tsx collectiveWorker.ts INDEX ADDRESS...`; prints the sums, eager and compiled. */
import { compile, tf, type Tensor } from '../../packages/core/src/runtime';
import { attribute, nativeBinding } from '../../packages/core/src/runtime/binding';
import { execute, int32, typeAttribute } from '../../packages/core/src/runtime/execute';

const [index, ...addresses] = process.argv.slice(2);

/** Fields of a protocol buffer whose lengths and numbers are below 128. */
const text = (field: number, value: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, Buffer.byteLength(value)]), Buffer.from(value as string)]);
const number = (field: number, value: number): Buffer => Buffer.from([field << 3, value]);

/** tensorflow.ServerDef (tensorflow/core/protobuf/tensorflow_server.proto). */
function serverDef(): Buffer {
  const tasks = addresses.map((address, task) => text(2, Buffer.concat([number(1, task), text(2, address)])));
  const cluster = text(1, Buffer.concat([text(1, 'worker'), ...tasks])); // one job
  const experimental = text(1, '/job:worker/replica:0/task:0'); // who hands out the groups
  // Field 16 of ConfigProto has a tag of two bytes.
  const config = Buffer.concat([Buffer.from([0x82, 0x01, experimental.length]), experimental]);
  return Buffer.concat([
    text(1, cluster),
    text(2, 'worker'),
    number(3, Number(index)),
    text(4, config),
    text(5, 'grpc'),
  ]);
}

/** The sum of x over the workers; each sum has a key of its own. */
const sumOf = (x: Tensor, key: number): Tensor =>
  execute(
    'CollectiveReduceV2',
    [
      typeAttribute('float32'),
      attribute('merge_op', 'string', 'Add'),
      attribute('final_op', 'string', 'Id'),
      attribute('timeout_seconds', 'float', 60),
      attribute('Nordering_token', 'int', 0),
    ],
    [x, int32([addresses.length], []), int32([1], []), int32([key], [])],
  );

nativeBinding().enableCollectives(serverDef());
const mine = tf.tensor1d([1, 10, 100]).mul<Tensor>(Number(index) + 1);
const sums = [sumOf(mine, 1), compile((x: Tensor) => sumOf(tf.mul(x, 2), 2))(mine)];
console.log(JSON.stringify(sums.map((sum) => Array.from(sum.dataSync()))));
process.exit(0); // its server would keep it alive
