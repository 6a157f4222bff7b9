"""Answers of BLIP-2 to a question about a batch of pictures, timed: bench/models.ts's blip2-opt-125m.

A step processes, encodes and answers: `batch` pictures, `beams` beams, `newTokens` tokens each. Variants: shipped
(`transformers`, as its users ask), lean (blip2.py), compile (its blocks and a step of its decoder compiled). `--check`
compares the first two, or with `--variant compile` the first and the last.
"""

import sys

import torch

from blip2 import load
from folder import inputs_of, normalise, pictures_of
from worker import model_folder, parser, read_config, say, serve, set_threads

VARIANTS = ('shipped', 'lean', 'compile')


def answering_step(c, variant):
    folder, pictures = model_folder(c['model']), pictures_of(c['batch'])
    prompt = f'Question: {c["question"]} Answer:'
    step = shipped_step if variant == 'shipped' else lean_step
    return step(folder, pictures, prompt, c, variant == 'compile')


def shipped_step(folder, pictures, prompt, c, _):
    from transformers import Blip2ForConditionalGeneration

    model = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    count = {'min_new_tokens': c['newTokens'], 'max_new_tokens': c['newTokens']}

    @torch.inference_mode()
    def step():
        inputs = inputs_of(folder, model, pictures, prompt)
        return model.generate(**inputs, do_sample=False, num_beams=c['beams'], **count).tolist()

    return step


def lean_step(folder, pictures, prompt, c, is_compiled):
    model, tokenizer = load(folder)
    if is_compiled:
        model.compiled()
    return lambda: model.write(normalise(pictures), tokenizer.encode(prompt).ids, c['newTokens'], c['beams'])


@torch.no_grad()
def check(c, is_compiled):
    """Both give two tokens the same logits (weights of the folder repeat themselves: which of equal tokens is taken, differs)."""
    from transformers import Blip2ForConditionalGeneration

    folder, pictures = model_folder(c['model']), pictures_of(c['batch'])
    theirs = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    model, tokenizer = load(folder)
    if is_compiled:
        model.compiled()
    inputs = inputs_of(folder, theirs, pictures, c['question'])
    more = torch.full((len(pictures), 1), 7)
    longer = {'input_ids': torch.cat([inputs['input_ids'], more], 1)}
    longer['attention_mask'] = torch.ones_like(longer['input_ids'])
    expected = theirs(**{**inputs, **longer}).logits[:, -2:]
    prompt = model.prompt(normalise(pictures), tokenizer.encode(c['question']).ids)
    found = torch.stack([model.opt.start(prompt, 1, 1), model.opt.step(more[:, 0], None)], 1)
    error = (found - expected).abs().max().item()
    say({'check': error < 1e-4, 'error': error})
    return 0 if error < 1e-4 else 1


def main():
    arguments = parser(__doc__, VARIANTS)
    arguments.add_argument('--check', action='store_true', help='compare lean with transformers, and end')
    options = arguments.parse_args()
    set_threads(options)
    config = read_config(options.config)
    if options.check:
        return check(config, options.variant == 'compile')
    serve(answering_step(config, options.variant), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
