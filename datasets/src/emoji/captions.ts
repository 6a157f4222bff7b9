/** What people call an emoji: its name alone, its name with tags; and as the web would say it, tags and a short code. */
import type { EmojiConcept } from './source';

/** Tags of one caption, and captions with tags. */
const TAGS = 3;
const TAGGED = 2;

/**
 * `tiger`, `tiger animal, big and cat`, `tiger predator and zoo`: the name, then the name with tags that say something
 * that the name does not.
 */
export function emojiCaptions({ label, tags }: EmojiConcept): string[] {
  const name = plain(label);
  const said = new Set(name.split(' '));
  const more = tags.map(plain).filter((tag) => tag !== '' && !tag.split(' ').every((word) => said.has(word)));
  const tagged = Array.from({ length: TAGGED }, (_, i) => more.slice(i * TAGS, (i + 1) * TAGS));
  return [name, ...tagged.filter((some) => some.length > 0).map((some) => `${name}, ${listed(some)}`)];
}

/** `tiger animal big cat predator zoo`: what is typed to find it, name or not. */
export function emojiWebCaption({ tags, shortcodes: [code = ''] }: EmojiConcept): string {
  return [code.replaceAll('_', ' '), ...tags.map(plain)].filter((word) => word !== '').join(' ');
}

/** Lower case; quotation marks straight, colons and brackets gone. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[’‘]/g, "'")
    .replaceAll(/[“”():;,.!*#~]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
