/** wink-lemmatizer comes without types. Lower-case words; what it does not know stays. */
declare module 'wink-lemmatizer' {
  export function noun(word: string): string;
  export function verb(word: string): string;
}
