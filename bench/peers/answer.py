"""Answers of `transformers`' BLIP-2 to a question about a batch of pictures, as its users ask:
bench/models.ts's blip2-opt-125m.

A step processes, encodes and answers: `batch` pictures, `beams` beams, `newTokens` tokens each.
"""

import sys

import torch
from transformers import Blip2ForConditionalGeneration

from folder import inputs_of, pictures_of
from worker import model_folder, parser, read_config, serve, set_threads


def answering_step(c):
    folder = model_folder('blip2-opt-125m')
    model = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    prompt = f'Question: {c["question"]} Answer:'
    pictures = pictures_of(c['batch'])

    @torch.inference_mode()
    def step():
        inputs = inputs_of(folder, model, pictures, prompt)
        beams, count = c['beams'], c['newTokens']
        return model.generate(
            **inputs, do_sample=False, num_beams=beams, min_new_tokens=count, max_new_tokens=count
        ).tolist()

    return step


def main():
    options = parser(__doc__, ('shipped',)).parse_args()
    set_threads(options)
    serve(answering_step(read_config(options.config)), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
