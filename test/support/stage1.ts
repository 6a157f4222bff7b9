/** The stage-1 model of test/fixtures/stage1.safetensors. */
import { Weights } from '../../packages/core/src/nn';
import type { Blip2QformerConfig } from '../../packages/core/src/models';
import type { Stage1Batch } from '../../packages/core/src/losses';
import { Fixture } from './fixtures';

interface FixtureConfig {
  num_query_tokens: number;
  image_text_hidden_size: number;
  dec_token_id: number;
  vision_layer_norm_eps: number;
  qformer_config: Record<string, number>;
}

export const fixture = new Fixture('stage1');

const json = fixture.config<FixtureConfig>();
const q = json.qformer_config;

export const config: Blip2QformerConfig = {
  qformer: {
    numQueryTokens: json.num_query_tokens,
    hiddenSize: q.hidden_size,
    numHiddenLayers: q.num_hidden_layers,
    numAttentionHeads: q.num_attention_heads,
    intermediateSize: q.intermediate_size,
    crossAttentionFrequency: q.cross_attention_frequency,
    encoderHiddenSize: q.encoder_hidden_size,
    useQformerTextInput: true,
    vocabSize: q.vocab_size,
    maxPositionEmbeddings: q.max_position_embeddings,
    layerNormEps: q.layer_norm_eps,
    hiddenDropoutProb: 0,
    attentionProbsDropoutProb: 0,
    embeddingRange: 0.02,
  },
  imageTextHiddenSize: json.image_text_hidden_size,
  visionLayerNormEps: json.vision_layer_norm_eps,
  temperature: 0.07,
  decoderStartTokenId: json.dec_token_id,
};

export const parameters = fixture.tensors('w.');
export const weights = new Weights(parameters);

export const batch: Stage1Batch = {
  image: fixture.tensor('in.image_features'),
  textIds: fixture.tensor('in.input_ids'),
  textMask: fixture.tensor('in.attention_mask'),
};

export const negatives = {
  images: fixture.tensor('in.negative_images'),
  texts: fixture.tensor('in.negative_texts'),
};
