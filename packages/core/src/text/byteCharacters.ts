/**
 * Byte-level vocabularies write each byte of UTF-8 as one visible character: those of Latin-1 that are visible stand
 * for themselves, the others get the characters from U+0100 on (GPT-2, encoder.py). A space is "Ġ".
 */

const isVisible = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

const CHARACTERS: string[] = [];
const BYTES = new Map<string, number>();
let hidden = 0;
for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(isVisible(byte) ? byte : 0x100 + hidden++);
  CHARACTERS.push(character);
  BYTES.set(character, byte);
}

/** A text's bytes, each as one character. */
export function toByteCharacters(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) result += CHARACTERS[byte];
  return result;
}

/** The bytes that a token stands for; a token with other characters, such as an added one, stands for itself. */
export function tokenBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTES.get(token[i]);
    if (byte === undefined) return Buffer.from(token);
    bytes[i] = byte;
  }
  return bytes;
}
