/** Icons, in the colours of JupyterLab's theme. */
import { LabIcon } from '@jupyterlab/ui-components';

/** A grid with one bright patch. */
export const attentionIcon = new LabIcon({
  name: '@blip2/jupyter-ext:attention',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g class="jp-icon3" fill="#616161">
<path d="M2 2h3.5v3.5H2zM6.25 2h3.5v3.5h-3.5zM10.5 2H14v3.5h-3.5zM2 6.25h3.5v3.5H2zM2 10.5h3.5V14H2zM10.5 6.25H14v3.5h-3.5zM6.25 10.5h3.5V14h-3.5zM10.5 10.5H14V14h-3.5z" opacity=".45"/>
<circle cx="8" cy="8" r="2.4"/></g></svg>`,
});

/** A falling curve. */
export const trainingIcon = new LabIcon({
  name: '@blip2/jupyter-ext:training',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g class="jp-icon3" fill="#616161">
<path d="M2 2h1.5v10.5H14V14H2z"/><path d="M5 2.3h1.6c.5 4.3 2.4 6.4 7.1 6.9v1.6C8 10.3 5.5 7.6 5 2.3z"/></g></svg>`,
});
