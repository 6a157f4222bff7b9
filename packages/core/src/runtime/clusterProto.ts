/** Just enough of protocol buffers (https://protobuf.dev/programming-guides/encoding) to write a tensorflow.ServerDef. */
import { Buffer } from 'node:buffer';

/** Seven bits a byte, the lowest first; all but the last byte have their top bit set. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** A whole number ≥ 0. */
export const numberField = (field: number, value: number): Buffer =>
  Buffer.from([...varint(field * 8), ...varint(value)]);

/** A text, or a message within the message. */
export function bytesField(field: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(bytes.length)]), bytes]);
}

/** All workers are one job, whatever `TF_CONFIG` calls them. */
const JOB = 'worker';

/** What TensorFlow calls a worker. */
export const taskName = (task: number): string => `/job:${JOB}/replica:0/task:${task}`;

/**
 * Process `index` of those at `addresses` (host:port), as tensorflow/core/protobuf/tensorflow_server.proto has it: one
 * job, whose process 0 hands out the groups.
 */
export function serverDef(addresses: readonly string[], index: number): Uint8Array {
  const tasks = addresses.map((address, task) =>
    bytesField(2, Buffer.concat([numberField(1, task), bytesField(2, address)])),
  );
  const job = Buffer.concat([bytesField(1, JOB), ...tasks]);
  const experimental = bytesField(1, taskName(0)); // collective_group_leader
  return Buffer.concat([
    bytesField(1, bytesField(1, job)), // cluster
    bytesField(2, JOB),
    numberField(3, index),
    bytesField(4, bytesField(16, experimental)), // default_session_config
    bytesField(5, 'grpc'),
  ]);
}
