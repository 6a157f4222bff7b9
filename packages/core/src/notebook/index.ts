export { attentionPage } from './attentionPage';
export { explorerPlace, explorerScript } from './explorer';
export { attentionPicture } from './attentionPicture';
export { attentionView, type AttentionViewOptions } from './attentionView';
export { imageGrid, type ImageGridOptions, type ImageRow, type Tile } from './imageGrid';
export {
  drawLineChart,
  drawMarker,
  lineChart,
  type ChartLayout,
  type Line,
  type LineChart,
} from './lineChart';
export { LiveLossCurve, lossCurve } from './lossCurve';
export { dashOf, markerOf, PALETTE, type LineStyle, type Marker } from './palette';
export { Place, show } from './show';
export { escape, type Drawing } from './svg';
export { table, type TableOptions, type TableSource } from './table';
export { tickLabel, ticks } from './ticks';
export { PLOTLY, type Rendering, type View } from './view';
