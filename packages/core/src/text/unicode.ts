/**
 * Character classes as Python's `tokenizers` sees them. Each of its parts carries the tables of a Unicode version of
 * its own, all older than Node's: characters that came later are no letters, marks or punctuation there. Those are
 * listed here, so that the same text gives the same ids. Compared over all code points with tokenizers 0.23 and
 * Unicode 17 (test/text/unicode.test.ts).
 */

/** `7fd 897-89f` as the inside of a character class. */
function ranges(hex: string): string {
  return hex.replace(/([0-9a-f]+)(-?) ?/g, '\\u{$1}$2');
}

// Since Unicode 17; its regular expressions (Oniguruma) have 16.
const LATE_LETTERS = ranges(
  '88f c5c cdc a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 11db0-11ddb 16ea0-16eb8 16ebb-16ed3 16ff2-16ff3 ' +
    '187f8-187ff 18d09-18d1e 18d80-18df2 1e6c0-1e6de 1e6e0-1e6e2 1e6e4-1e6e5 1e6e7-1e6ed 1e6f0-1e6f4 1e6fe-1e6ff ' +
    '2b73a-2b73f 2cea2-2cead 323b0-33479',
);
const LATE_NUMBERS = ranges('11de0-11de9 16ff4-16ff6');

// Likewise, of the characters that words are made of.
const LATE_IN_WORDS = ranges(
  '88f c5c cdc 1acf-1add 1ae0-1aeb a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 10efa-10efb 11b60-11b67 ' +
    '11db0-11ddb 11de0-11de9 16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1e6c0-1e6de ' +
    '1e6e0-1e6f5 1e6fe-1e6ff 2b73a-2b73f 2cea2-2cead 323b0-33479',
);

// Since Unicode 9; its categories have 8.
const LATE_MARKS = ranges(
  '7fd 897-89f 8ca-8e1 9fe afa-aff b55 c04 c3c d00 d3b-d3c d81 eba ece 180f 1885-1886 1abf-1add 1ae0-1aeb 1df6-1dfb ' +
    'a82c a8c5 a8ff a9bd 10d24-10d27 10d69-10d6d 10eab-10eac 10efa-10eff 10f46-10f50 10f82-10f85 11070 11073-11074 ' +
    '110c2 111c9 111cf 1123e 11241 1133b 113bb-113c0 113ce 113d0 113d2 113e1-113e2 11438-1143f 11442-11444 11446 ' +
    '1145e 1182f-11837 11839-1183a 1193b-1193c 1193e 11943 119d4-119d7 119da-119db 119e0 11a01-11a0a 11a33-11a38 ' +
    '11a3b-11a3e 11a47 11a51-11a56 11a59-11a5b 11a8a-11a96 11a98-11a99 11b60 11b62-11b64 11b66 11c30-11c36 ' +
    '11c38-11c3d 11c3f 11c92-11ca7 11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 ' +
    '11d47 11d90-11d91 11d95 11d97 11ef3-11ef4 11f00-11f01 11f36-11f3a 11f40 11f42 11f5a 13440 13447-13455 ' +
    '1611e-16129 1612d-1612f 16f4f 16fe4 1cf00-1cf2d 1cf30-1cf46 1e000-1e006 1e008-1e018 1e01b-1e021 ' +
    '1e023-1e024 1e026-1e02a 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef ' +
    '1e6f5 1e944-1e94a',
);
const LATE_PUNCTUATION = ranges(
  '61d 9fd a76 c77 c84 1b4e-1b4f 1b7d-1b7f 2e43-2e4f 2e52-2e5d 10d6e 10ead 10ed0 10f55-10f59 10f86-10f89 ' +
    '113d4-113d5 113d7-113d8 1144b-1144f 1145a-1145b 1145d 11660-1166c 116b9 1183b 11944-11946 119e2 11a3f-11a46 ' +
    '11a9a-11a9c 11a9e-11aa2 11b00-11b09 11be1 11c41-11c45 11c70-11c71 11ef7-11ef8 11f43-11f4f 11fff 12ff1-12ff2 ' +
    '16d6d-16d6f 16e97-16e9a 16fe2 1e5ff 1e95e-1e95f',
);
const LATE_FORMATS = ranges('890-891 8e2 110cd 13430-1343f');
// What they were in Unicode 8, but are no longer.
const FORMER_MARKS = ranges('1734 1171e');
const FORMER_PUNCTUATION = ranges('166d 111c9');
// Marks that get no place in an order and characters that do not compose, in its normalization (Unicode 9).
const LATE_IN_NORMALIZATION = ranges(
  '7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1add 1ae0-1aeb 1df6-1dfa a82c 105c9 105d2 105da 105e4 ' +
    '10d24-10d27 10d69-10d6d 10eab-10eac 10efa-10efb 10efd-10eff 10f46-10f50 10f82-10f85 11070 1133b 11382-11385 ' +
    '1138b 1138e 11390-11391 113b8 113bb 113c2 113c5 113c7-113c9 113ce-113d0 1145e 11839-1183a 11930 11935 11938 ' +
    '1193d-1193e 11943 119e0 11a34 11a47 11a99 11d42 11d44-11d45 11d97 11f41-11f42 1611e-16129 1612f 16d63 ' +
    '16d67-16d6a 16ff0-16ff1 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5',
);

/** Classes to be put into regular expressions with the flag `v`. */
export const SPACE = '\\p{White_Space}';
export const LETTER = `[\\p{L}--[${LATE_LETTERS}]]`;
export const NUMBER = `[\\p{N}--[${LATE_NUMBERS}]]`;
/** What `\w` stands for. */
export const WORD = `[[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]--[${LATE_IN_WORDS}]]`;
/** General category Mn. */
export const MARK = `[[\\p{Mn}${FORMER_MARKS}]--[${LATE_MARKS}]]`;
/** General category P, and all of ASCII that is neither letter nor digit nor space. */
export const PUNCTUATION = `[[\\p{P}!-\\/:-@\\[-\`\\{-~${FORMER_PUNCTUATION}]--[${LATE_PUNCTUATION}]]`;
/** Control, format and private-use characters; tab and line breaks too. */
export const CONTROL = `[[\\p{Cc}\\p{Cf}\\p{Co}]--[${LATE_FORMATS}]]`;

const NORMALIZABLE = new RegExp(`[^${LATE_IN_NORMALIZATION}]+`, 'gv');

/** Unicode normalization to the reference's version: later characters stay as they are, and nothing passes over them. */
export function normalizeUnicode(text: string, form: 'NFC' | 'NFD'): string {
  return text.replace(NORMALIZABLE, (run) => run.normalize(form));
}

/** Lower case, each character by itself: a sigma at the end of a word is like any other. */
export function lowerCase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

/** Half a surrogate pair is no character: each becomes U+FFFD. */
export function replaceLoneSurrogates(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}
