/** What is wrong with an output, in its place. */
import { errorMessage } from '../view/errorMessage';

export const showError = (node: HTMLElement, message: string): void =>
  node.replaceChildren(errorMessage(message));
