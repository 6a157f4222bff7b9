/** The few functions of plotly.js that are used here. */
declare module 'plotly.js-dist' {
  interface Plotly {
    react(root: HTMLElement, traces: object[], layout: object, config: object): Promise<HTMLElement>;
    purge(root: HTMLElement): void;
    Plots: { resize(root: HTMLElement): Promise<void> };
  }
  const plotly: Plotly;
  export default plotly;
}
