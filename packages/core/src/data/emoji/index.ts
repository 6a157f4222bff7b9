export { emoji, openEmoji, type EmojiOptions } from './emoji';
