/** Names of the commands, for palette, launcher, menus and shortcuts. */

/** Where they stand together. */
export const CATEGORY = 'BLIP-2';

/** The commands. */
export const COMMANDS = {
  openBundle: 'blip2:open-attention',
  showPanel: 'blip2:show-attention-panel',
  openTraining: 'blip2:open-training',
} as const;
