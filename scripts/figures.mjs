// Figures that only a script can draw: each needs a picture beside it. Views make their own (packages/core/src/notebook).
export const PLOTLY = 'application/vnd.plotly.v1+json';
export const FIGURE_TYPES = [PLOTLY, 'application/vnd.blip2.attention.v1+json'];
