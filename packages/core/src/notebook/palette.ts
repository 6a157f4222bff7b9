/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), dark enough for lines on white. */
export const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;
/** For what stands above the others, such as a sum. */
export const EMPHASIS = '#24292f';
/** Frames what was looked for. */
export const RIGHT = '#009e73';
