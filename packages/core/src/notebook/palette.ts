/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), dark enough for lines on white. */
export const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;
/** For what stands above the others, such as a sum. */
export const EMPHASIS = '#24292f';
/** Frames what was looked for. */
export const RIGHT = '#009e73';

export type Marker = 'circle' | 'square' | 'triangle' | 'diamond';

/** How a line looks. Dashes and markers tell lines apart where colours do not. */
export interface LineStyle {
  color: string;
  /** Lengths of strokes and gaps, in pixels. */
  dash?: readonly number[];
  marker?: Marker;
  /** In pixels; 2 unless given. */
  width?: number;
}

const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [7, 3], [2, 3], [9, 3, 2, 3]];
const MARKERS: readonly Marker[] = ['circle', 'square', 'triangle', 'diamond'];

/** Dashes of the n-th line of a chart, beside the n-th colour. */
export const dashOf = (index: number) => DASHES[index % DASHES.length];
export const markerOf = (index: number) => MARKERS[index % MARKERS.length];
