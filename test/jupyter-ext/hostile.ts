/** Bundles as nobody honest writes them: each must end in a sentence in its place, and in nothing else. */
import {
  ATTENTION_FORMAT,
  ATTENTION_SET_FORMAT,
  type AttentionBundle,
} from '../../packages/core/src/attention';

/** Would leave a trace if anything read it as HTML. */
export const EVIL = '<img src=x onerror="window.evil = true"><script>window.evil = true</script>';

export interface Hostile {
  name: string;
  format: string;
  json: unknown;
  /** A part of what the reader is told. */
  told: string;
}

export function hostileOutputs(bundle: AttentionBundle): Hostile[] {
  const { layers } = bundle;
  const bent = (name: string, change: object, told: string): Hostile => ({
    name,
    format: ATTENTION_FORMAT,
    json: { ...bundle, ...change },
    told,
  });
  const layer = (change: object) => ({ layers: [{ ...layers[0], ...change }, ...layers.slice(1)] });
  const set = (name: string, items: unknown, told: string, more: object = {}): Hostile => ({
    name,
    format: ATTENTION_SET_FORMAT,
    json: { format: ATTENTION_SET_FORMAT, items, ...more },
    told,
  });
  const file = (path: unknown) => [{ name: 'a', file: path }];
  return [
    bent('wrong shapes, script in a text', { heads: 5, text: EVIL }, 'layers.0.heat'),
    bent('script as a number', { heads: EVIL }, 'heads: expected a whole number'),
    bent(
      'a script as a picture',
      { image: { ...bundle.image, url: 'javascript:window.evil=true' } },
      'image.url',
    ),
    bent(
      'a picture elsewhere',
      { image: { ...bundle.image, url: 'https://example.org/a.png' } },
      'image.url',
    ),
    bent(
      'a gigabyte claimed',
      { heads: 256, queries: 1024, grid: { rows: 1024, columns: 1024 } },
      'layers.0',
    ),
    bent('more claimed than can be counted', { grid: { rows: 1e300, columns: 8 } }, 'grid.rows'),
    bent(
      'NaN',
      layer({ cls: Buffer.from(new Float32Array(64).fill(NaN).buffer).toString('base64') }),
      'layers.0.cls',
    ),
    bent('no base64', layer({ heat: '\u0000'.repeat(String(layers[0].heat).length) }), 'layers.0.heat'),
    { name: 'deep nesting', format: ATTENTION_FORMAT, json: '['.repeat(200_000), told: 'is not JSON' },
    { name: 'no object', format: ATTENTION_FORMAT, json: '"text"', told: 'the whole' },
    set('a file above', file('../secret.attention.json'), 'items.0.file'),
    set('an absolute file', file('/etc/passwd'), 'items.0.file'),
    set('a file elsewhere', file('https://example.org/a.attention.json'), 'items.0.file'),
    set('an encoded way up', file('..%2fsecret.attention.json'), 'items.0.file'),
    set('a folder above', file('a.attention.json'), 'dir', { dir: '../..' }),
    set('a file that is not there', file('gone.attention.json'), 'gone.attention.json'),
    set('no items', [], 'items'),
    set('a set in a set', [{ name: EVIL, bundle: { format: ATTENTION_SET_FORMAT, items: [] } }], 'format'),
  ];
}
