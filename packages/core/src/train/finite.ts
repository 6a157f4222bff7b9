/** When a loss is no longer a number: which tensor went first? */
import { Blip2Error, tf, type ParameterStore, type Tensor } from '../runtime';

function isFinite(tensor: Tensor): boolean {
  return tf.tidy(() => tf.all(tf.isFinite(tensor)).dataSync()[0] === 1);
}

function firstBad(tensors: Record<string, Tensor>): string | undefined {
  return Object.keys(tensors).find((name) => !isFinite(tensors[name]));
}

/**
 * The error that stops a run: names the step and the first tensor that is not finite, looked for among the loss terms,
 * then the gradients, then the parameters.
 */
export function nonFiniteError(
  step: number,
  losses: Record<string, number>,
  gradients: Record<string, Tensor>,
  parameters: ParameterStore,
): Blip2Error {
  const terms = Object.keys(losses).filter((name) => name !== 'loss');
  const loss = [...terms, 'loss'].find((name) => !Number.isFinite(losses[name]));
  const gradient = firstBad(gradients);
  const parameter = tf.tidy(() => firstBad(parameters.readAll()));
  const found = [
    loss && `loss term ${loss} (${losses[loss]})`,
    gradient && `gradient of ${gradient}`,
    parameter && `parameter ${parameter}`,
  ].filter((what) => what !== undefined);
  const [first, ...others] = found.length ? found : ['norm of the gradients'];
  return new Blip2Error(
    `Step ${step}: not a finite number: ${first}${others.length ? `; also ${others.join(', ')}` : ''}`,
    {
      hint: 'Lower the learning rate or lengthen the warm-up, clip gradients, or look at the inputs of this step.',
    },
  );
}
