// Emoji from packages to a dataset, and what is said when a package is missing or broken.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { EMOJI_ARTISTS } from '../../datasets/src';
import { emoji, openEmoji } from '../../packages/core/src/data';
import { CONCEPTS, writeEmojiPackages } from '../support/emojiPackages';

const newHome = () => mkdtempSync(join(tmpdir(), 'emoji-'));

it('becomes pictures of four artists with captions and questions, the same wherever it lies', async () => {
  const [home, elsewhere] = [newHome(), newHome()];
  writeEmojiPackages(home);
  writeEmojiPackages(elsewhere);
  expect(() => openEmoji({ home })).toThrow(/not there yet/);
  const data = await emoji({ home, imageSize: 16 });
  const { train, validation, test, others } = data;
  expect((train.size + validation.size + test.size) / 3).toBe(CONCEPTS);
  expect(others!.style.size).toBe(train.size / 3);
  expect(others!.both.size).toBe(test.size / 3);
  expect(train.captions(0)[0]).toMatch(/^kind [a-j] thing \d+$/);
  expect(train.metadata!(0)).toEqual({ artist: 'twemoji' });
  expect(data.name).toBe('emoji');
  // Drawn in different sizes, all fill the square.
  for (let i = 0; i < others!.style.size; i++) {
    const at = (x: number, y: number) => [
      ...others!.style.pixels(i).slice((y * 16 + x) * 3, (y * 16 + x + 1) * 3),
    ];
    expect(at(8, 8)).toEqual([255, 0, 0]);
    expect(at(8, 2)[1]).toBeLessThan(60);
    expect(at(0, 0)).toEqual([255, 255, 255]);
  }
  const copy = await emoji({ home: elsewhere, imageSize: 16 });
  expect(copy.options).toEqual(data.options);
  expect(openEmoji({ home, imageSize: 16 }).options).toEqual(data.options);
});

describe('what is wrong is said', () => {
  it('npm that cannot install', async () => {
    vi.stubEnv('PATH', newHome());
    try {
      await expect(emoji({ home: newHome() })).rejects.toMatchObject({
        name: 'Blip2Error',
        message: expect.stringContaining('npm cannot install') as string,
        hint: expect.stringContaining('@iconify-json/noto@') as string,
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('a package that is damaged', async () => {
    const home = newHome();
    const modules = writeEmojiPackages(home);
    writeFileSync(join(modules, EMOJI_ARTISTS.noto.package, 'icons.json'), '{"icons": ');
    await expect(emoji({ home })).rejects.toThrow(/noto.*icons\.json is not JSON/);
  });

  it('a drawing that is broken, by artist and name; what is half done does not count', async () => {
    const home = newHome();
    writeEmojiPackages(home, (artist, i) =>
      artist === 'openmoji' && i === 5 ? '<circle' : '<circle r="4"/>',
    );
    await expect(emoji({ home })).rejects.toThrow(/openmoji's drawing of Kind f thing 5 \(1f405\)/);
    expect(existsSync(join(home, 'world', 'captions.jsonl'))).toBe(false);
    writeEmojiPackages(home);
    expect((await emoji({ home })).train.size).toBeGreaterThan(0);
  });
});
