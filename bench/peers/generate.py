"""Generation by `transformers`, as its users run it: model.generate() with soft prompts, random weights.

    python generate.py opt-125m-greedy.json --variant shipped --threads 2      # then lines on stdin: `run 5`, `quit`

A step is one generate() of `batch` prompts of `prompt` embeddings, `newTokens` tokens each, `beams` beams.
"""

import sys

import torch
from transformers import OPTConfig, OPTForCausalLM, T5Config, T5ForConditionalGeneration

from worker import parser, read_config, serve, set_threads

VARIANTS = ('shipped', 'bf16')
MODELS = {'opt': (OPTConfig, OPTForCausalLM), 't5': (T5Config, T5ForConditionalGeneration)}


def create(c, variant):
    torch.manual_seed(0)
    configuration, model = MODELS[c['model']['model_type']]
    created = model(configuration(**c['model'])).eval()
    return created.bfloat16() if variant == 'bf16' else created


def generation_step(c, variant):
    model = create(c, variant)
    width = model.get_input_embeddings().weight.shape[1]
    embeddings = torch.randn(c['batch'], c['prompt'], width).to(model.dtype)
    mask = torch.ones(c['batch'], c['prompt'], dtype=torch.long)

    @torch.inference_mode()
    def step():
        ids = model.generate(
            inputs_embeds=embeddings,
            attention_mask=mask,
            do_sample=False,
            num_beams=c['beams'],
            min_new_tokens=c['newTokens'],
            max_new_tokens=c['newTokens'],
        )
        return ids.tolist()

    return step


def main():
    options = parser(__doc__, VARIANTS).parse_args()
    set_threads(options)
    serve(generation_step(read_config(options.config), options.variant), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
