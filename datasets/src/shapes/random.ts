/**
 * Random numbers of the Shapes world: the same on every machine.
 *
 * Only 32-bit integer operations and exact IEEE arithmetic take part. A generator is named by a path, such as
 * `new Random(seed, 'train', 17, 'scene')`: what it draws depends on the path alone, so an example can be made
 * without making those before it, and a new kind of draw never shifts an old one.
 */

const LANES = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** MurmurHash3's finaliser: every input bit reaches every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Four 32-bit hashes of a text; together they are the generator's state. */
function hash128(text: string): [number, number, number, number] {
  const h: [number, number, number, number] = [...LANES];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    for (let lane = 0; lane < 4; lane++) {
      h[lane] = rotateLeft(Math.imul(h[lane] ^ code, LANES[lane]), 13) + code;
    }
  }
  let chain = text.length;
  for (let lane = 0; lane < 4; lane++) chain = h[lane] = mix(h[lane] ^ chain);
  return h;
}

/** A 32-bit hash of a text, unsigned. */
export function hash32(text: string): number {
  return hash128(text)[3] >>> 0;
}

/** xoshiro128** (Blackman & Vigna, 2018), seeded by a hash of the path. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(...path: readonly (string | number)[]) {
    [this.a, this.b, this.c, this.d] = hash128(path.join('/'));
  }

  /** A whole number in [0, 2³²). */
  next(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotateLeft(this.d, 11);
    return result;
  }

  /** A number in [0, 1), a multiple of 2⁻³². */
  unit(): number {
    return this.next() / 4294967296;
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items];
    for (let i = 0; i < count; i++) {
      const j = i + this.below(pool.length - i);
      [pool[i], pool[j]] = [pool[j], pool[i]];
    }
    return pool.slice(0, count);
  }
}
