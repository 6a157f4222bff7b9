/** A whole HTML document, in the style that all pages share. */
import { html, Html } from './html';
import { STYLE } from './style';

/** @param style of this page alone */
export function htmlDocument(title: string, body: Html, style = ''): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(STYLE + style)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `;
}
