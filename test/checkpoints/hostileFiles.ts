/** Safetensors files that are damaged in every way that one can think of, from a seed; some stay whole. */

/** Whole numbers below a bound, from a seed (mulberry32). */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Random = ReturnType<typeof numbers>;

const NAMES = [
  'w',
  'a.b.weight',
  '__proto__',
  'constructor',
  'toString',
  '',
  '0',
  'Ünïcødé',
  '张量',
  '😀',
  'x\u0000y',
];
const TYPES = { F32: 4, F16: 2, BF16: 2, I64: 8, U8: 1, BOOL: 1, F64: 8, F8_E4M3: 1, I16: 2, U32: 4 };

/** Values that stand where a number, a shape or a type is expected; raw JSON. */
const ODD = [
  '-1',
  '1.5',
  '1e3',
  '1e400',
  '9007199254740993',
  '18446744073709551616',
  '"8"',
  'null',
  'true',
  '[]',
  '{}',
  '[[1]]',
  '"F32"',
  '"f32"',
  '{"__proto__":[0,4]}',
  '00',
  '+1',
  'NaN',
  '',
  '[9007199254740991,9007199254740991,0]',
  '[9007199254740991,9007199254740991]',
];

const LENGTHS = [
  0n,
  1n,
  7n,
  8n,
  100_000_000n,
  100_000_001n,
  1n << 31n,
  1n << 32n,
  1n << 53n,
  (1n << 64n) - 1n,
];

interface Entry {
  name: string;
  dtype: string;
  shape: string;
  begin: string;
  end: string;
}

function entries(random: Random): { list: Entry[]; bytes: number } {
  const pick = <T>(items: readonly T[]) => items[random(items.length)];
  let at = 0;
  const list = Array.from({ length: random(5) }, (_, i) => {
    const [dtype, bytes] = pick(Object.entries(TYPES));
    const shape = Array.from({ length: random(4) }, () => random(4));
    const begin = at;
    at += shape.reduce((product, side) => product * side, bytes);
    const name = i === 0 ? pick(NAMES) : `${pick(NAMES)}${i}`;
    return { name, dtype: `"${dtype}"`, shape: JSON.stringify(shape), begin: `${begin}`, end: `${at}` };
  });
  return { list, bytes: at };
}

const text = ({ name, dtype, shape, begin, end }: Entry) =>
  `${JSON.stringify(name)}:{"dtype":${dtype},"shape":${shape},"data_offsets":[${begin},${end}]}`;

function file(json: Uint8Array, data: number, length = BigInt(json.length)): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt.asUintN(64, length));
  return Buffer.concat([head, json, Buffer.alloc(data, 1)]);
}

/** One file; small, whatever it claims. */
export function hostileFile(random: Random): Uint8Array {
  const pick = <T>(items: readonly T[]) => items[random(items.length)];
  const { list, bytes } = entries(random);
  const spread = (json: string, piece: string) => {
    const at = random(json.length + 1);
    return json.slice(0, at) + piece + json.slice(at + random(3));
  };
  const json = (parts = list.map(text)) => `{${parts.join(',')}}`;
  const whole = () => file(Buffer.from(json()), bytes);
  const kinds: (() => Uint8Array)[] = [
    whole,
    () =>
      file(
        Buffer.from(`{"__metadata__":{"format":"pt"}${list.map((e) => `,${text(e)}`).join('')}}   `),
        bytes,
      ),
    // Any bit of the file.
    () => {
      const damaged = Uint8Array.from(whole());
      for (let i = random(4); i >= 0; i--) damaged[random(damaged.length)] ^= 1 << random(8);
      return damaged;
    },
    () => whole().subarray(0, random(whole().length)),
    () => file(Buffer.from(json()), bytes + 1 + random(9)),
    () => file(Buffer.from(json()), bytes, pick(LENGTHS)),
    () => file(Buffer.from(json()), bytes, BigInt(json().length + random(20) - 10)),
    // One field of one entry.
    () => {
      if (list.length === 0) return whole();
      const field = pick(['dtype', 'shape', 'begin', 'end'] as const);
      list[random(list.length)][field] = random(3) ? pick(ODD) : String(random(40));
      return file(Buffer.from(json()), bytes);
    },
    // The same tensor twice, or two in each other's place.
    () => file(Buffer.from(json([...list, ...list].map(text))), bytes),
    () => {
      const [a, b] = [pick(list), pick(list)];
      if (a) [a.begin, b.begin] = [b.begin, a.begin];
      return file(Buffer.from(json()), bytes);
    },
    () =>
      file(
        Buffer.from(spread(json(), pick([...ODD, ',', ':', '"', '\\', '{', '}', '[', ']', ' ', '\ufeff']))),
        bytes,
      ),
    () => file(Buffer.from(spread(json(), pick(['[', '{"a":', '[{"b":']).repeat(random(2000)))), bytes),
    () => file(Buffer.from(`{"__metadata__":${pick(ODD)}}`), 0),
    () => file(Buffer.from(pick(ODD)), bytes),
    // Not UTF-8.
    () => {
      const broken = Buffer.from(json());
      broken[random(broken.length)] = pick([0x80, 0xc0, 0xed, 0xf8, 0xff]);
      return file(broken, bytes);
    },
    () => Uint8Array.from({ length: random(120) }, () => random(256)),
  ];
  return pick(kinds)();
}
