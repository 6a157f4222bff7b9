/** What is wrong with an output, in its place. */
export function showError(node: HTMLElement, message: string): void {
  const paragraph = document.createElement('p');
  paragraph.className = 'blip2-Error';
  paragraph.setAttribute('role', 'alert');
  paragraph.textContent = message;
  node.replaceChildren(paragraph);
}
