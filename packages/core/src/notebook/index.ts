export { attentionView, type AttentionViewOptions } from './attentionView';
export { imageGrid, type ImageGridOptions, type ImageRow, type Tile } from './imageGrid';
export { lineChart, type Line, type LineChart } from './lineChart';
export { LiveLossCurve, lossCurve } from './lossCurve';
export { Place, show } from './show';
export { table, type TableOptions, type TableSource } from './table';
export { PLOTLY, type Rendering, type View } from './view';
