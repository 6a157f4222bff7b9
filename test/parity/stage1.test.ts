/** Stage 1 against PyTorch: activations, losses, and every gradient (test/fixtures/make/stage1.py). */
import { describe, expect, test } from 'vitest';
import {
  imageTextContrastive,
  imageTextMatching,
  matchingPairs,
  stage1Losses,
  type Stage1Options,
} from '../../packages/core/src/losses';
import {
  bidirectionalMask,
  decoderIds,
  embedText,
  encodeImage,
  encodeText,
  imageTextMatchingLogits,
  languageLogits,
  multimodalCausalMask,
  projectImage,
  projectText,
  qformer,
  readImage,
  selectImages,
  type QformerOutput,
} from '../../packages/core/src/models';
import { compile, gatherRows, valueAndGradients } from '../../packages/core/src/runtime';
import { takeBatch, Weights } from '../../packages/core/src/nn';
import '../support/allclose';
import { gradientError } from '../support/fixtures';
import { batch, config, fixture, negatives, parameters, weights as w } from '../support/stage1';

const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };
const queryCount = config.qformer.numQueryTokens;
const image = readImage(w, config, batch.image);

function expectPass(name: string, output: QformerOutput): void {
  const states = { query_states: output.queries, text_states: output.text };
  for (const [part, found] of Object.entries(states)) {
    if (found) expect(found, part).toBeAllclose(fixture.values(`a.${name}.${part}`), TOLERANCE);
  }
  output.selfAttentions.forEach((found, layer) => {
    expect(found, `layer ${layer}`).toBeAllclose(
      fixture.values(`a.${name}.self_attention.${layer}`),
      TOLERANCE,
    );
  });
  expect(Object.keys(output.crossAttentions)).toEqual(output.queries ? ['0', '2'] : []);
  for (const [layer, found] of Object.entries(output.crossAttentions)) {
    expect(found, `layer ${layer}`).toBeAllclose(
      fixture.values(`a.${name}.cross_attention.${layer}`),
      TOLERANCE,
    );
  }
}

describe('passes', () => {
  test('image alone, and its projection', () => {
    const output = encodeImage(w, config, image);
    expectPass('itc_image', output);
    expect(projectImage(w, output.queries!)).toBeAllclose(fixture.values('a.image_projection'), TOLERANCE);
  });

  test('text alone, and its projection', () => {
    const output = encodeText(w, config, batch.textIds, batch.textMask);
    expectPass('itc_text', output);
    expect(projectText(w, output.text!)).toBeAllclose(fixture.values('a.text_projection'), TOLERANCE);
  });

  test('pairs and hard negatives, and the matching logits', () => {
    const { images, texts } = matchingPairs(negatives);
    const output = qformer(w, config.qformer, {
      queries: w.get('query_tokens'),
      image: selectImages(image, images),
      text: takeBatch(embedText(w, batch.textIds), texts),
      mask: bidirectionalMask(queryCount, gatherRows(batch.textMask, texts)),
    });
    expectPass('itm', output);
    const logits = imageTextMatchingLogits(w, output.queries!);
    expect(logits).toBeAllclose(fixture.values('a.itm_logits'), TOLERANCE);
    expect(imageTextMatching(logits).dataSync()[0]).toBeCloseTo(fixture.scalar('l.itm'), 5);
  });

  test('caption after the image, and the logits of its tokens', () => {
    const ids = decoderIds(config, batch.textIds);
    expect(ids).toBeAllclose(fixture.values('a.itg_input_ids'));
    const output = qformer(w, config.qformer, {
      queries: w.get('query_tokens'),
      image,
      text: embedText(w, ids),
      mask: multimodalCausalMask(queryCount, batch.textMask),
    });
    expectPass('itg', output);
    expect(languageLogits(w, config, output.text!)).toBeAllclose(fixture.values('a.itg_logits'), TOLERANCE);
  });
});

describe('similarities', () => {
  test('both directions, over the temperature', () => {
    const images = fixture.tensor('a.image_projection');
    const { imageToText, textToImage } = imageTextContrastive(
      images,
      fixture.tensor('a.text_projection'),
      w.get('temp'),
    );
    expect(imageToText).toBeAllclose(fixture.values('a.sim_i2t'), TOLERANCE);
    expect(textToImage).toBeAllclose(fixture.values('a.sim_t2i'), TOLERANCE);
  });
});

describe('losses and every gradient', () => {
  const imageIds = fixture.tensor('in.image_ids');
  const cases: [string, Stage1Options, { imageIds?: typeof imageIds }?][] = [
    ['itc', { weights: { itc: 1 } }],
    ['itm', { weights: { itm: 1 } }],
    ['itg', { weights: { itg: 1 } }],
    ['sum', {}],
    ['itc_full', { weights: { itc: 1 }, gathered: 'attached' }],
    ['itc_ids', { weights: { itc: 1 } }, { imageIds }],
  ];

  function lossAndGradients(options: Stage1Options, inputs: { imageIds?: typeof imageIds } = {}) {
    const variables = { ...parameters, image_features: batch.image };
    return valueAndGradients(
      () => stage1Losses(new Weights(parameters), config, { ...batch, ...inputs }, { negatives, ...options }),
      variables,
    );
  }

  test.each(cases)('%s', (name, options, inputs) => {
    const { value, gradients } = lossAndGradients(options, inputs);
    expect(value.loss.dataSync()[0]).toBeCloseTo(fixture.scalar(`l.${name}`), 5);
    const names = fixture.names(`g.${name}.`);
    // The fixture holds every gradient, save those of this one case.
    if (name !== 'itc_ids') expect(names.sort()).toEqual(Object.keys(gradients).sort());
    const expected = Object.fromEntries(names.map((key) => [key, fixture.values(`g.${name}.${key}`)]));
    const worst = gradientError(expected, gradients);
    expect(worst.error, worst.name).toBeLessThanOrEqual(1e-4);
  });

  test('the same when compiled', () => {
    const step = compile(() => {
      const { value, gradients } = lossAndGradients({});
      return { loss: value.loss, gradients };
    });
    const { loss, gradients } = step();
    expect(loss.dataSync()[0]).toBeCloseTo(fixture.scalar('l.sum'), 5);
    const names = fixture.names('g.sum.');
    const expected = Object.fromEntries(names.map((key) => [key, fixture.values(`g.sum.${key}`)]));
    const worst = gradientError(expected, gradients);
    expect(worst.error, worst.name).toBeLessThanOrEqual(1e-4);
    step.dispose();
  });
});
