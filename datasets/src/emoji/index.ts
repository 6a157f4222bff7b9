export { emojiCaptions, emojiWebCaption } from './captions';
export {
  EMOJI_ARTISTS,
  EMOJI_NAMES,
  EMOJI_PACKAGES,
  SEEN_ARTISTS,
  UNSEEN_ARTIST,
  type EmojiArtist,
  type EmojiArtistName,
} from './packages';
export { emojiClass, emojiQuestions, type EmojiQuestion } from './questions';
export { readEmojiSource, type EmojiConcept, type EmojiDrawing, type EmojiSource } from './source';
export { conceptSplit, EMOJI_SPLITS, emojiPictures, type EmojiPicture, type EmojiSplit } from './splits';
