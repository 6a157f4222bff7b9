/** The processor and what it can multiply matrices with. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

export interface Cpu {
  model: string;
  cores: number;
  /** Of those below, the ones it has; undefined where the system does not say (not Linux on x86). */
  features?: string[];
}

/** Linux's name of a flag → what it is called. */
const FEATURES: Record<string, string> = {
  avx2: 'AVX2',
  fma: 'FMA',
  avx512f: 'AVX-512',
  avx512_vnni: 'AVX-512 VNNI',
  avx512_bf16: 'AVX-512 BF16',
  avx512_fp16: 'AVX-512 FP16',
  avx_vnni: 'AVX-VNNI',
  amx_tile: 'AMX',
  amx_int8: 'AMX INT8',
  amx_bf16: 'AMX BF16',
  amx_fp16: 'AMX FP16',
};

/** The features named in the text of /proc/cpuinfo; undefined if it lists no flags. */
export function featuresOf(cpuinfo: string): string[] | undefined {
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1].split(' ');
  return flags && Object.keys(FEATURES).flatMap((flag) => (flags.includes(flag) ? FEATURES[flag] : []));
}

export function cpu(): Cpu {
  let cpuinfo = '';
  try {
    cpuinfo = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    // Not Linux.
  }
  return {
    model: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    features: featuresOf(cpuinfo),
  };
}

const UNITS = {
  bfloat16: ['AVX-512 BF16', 'AMX BF16'],
  float16: ['AVX-512 FP16', 'AMX FP16'],
} as const;

/** Whether the processor has units that multiply matrices of this type. */
export function hasUnits({ features = [] }: Cpu, dtype: keyof typeof UNITS): boolean {
  return UNITS[dtype].some((unit) => features.includes(unit));
}
