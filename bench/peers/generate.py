"""Generation with soft prompts and a language model of bench/models.ts, timed.

    BLIP2_BENCH_MODELS=DIR python generate.py generate-opt-greedy.json --variant lean   # then lines on stdin: `run 5`, `quit`
    BLIP2_BENCH_MODELS=DIR python generate.py generate-opt-beam5.json --check           # lean beside transformers; compile, with --variant compile

A step writes `newTokens` tokens after each of `batch` prompts of `prompt` embeddings, with `beams` beams. Variants: shipped
(`transformers`' model.generate(), as its users call it), lean (decoders.py, t5.py, search.py), compile (a step of that
compiled), bf16 and compile-bf16 (stored in bfloat16).
"""

import sys

import torch
from transformers import OPTForCausalLM, T5ForConditionalGeneration

from decoders import Opt, from_opt
from folder import config_of, made_of, tensors_of
from search import search
from t5 import T5, from_t5
from worker import model_folder, parser, pattern, read_config, say, serve, set_threads

VARIANTS = ('shipped', 'lean', 'compile', 'bf16', 'compile-bf16')
SHIPPED = {'opt': OPTForCausalLM, 't5': T5ForConditionalGeneration}
LEAN = {'opt': (Opt, from_opt, 'num_hidden_layers'), 't5': (T5, from_t5, 'num_layers')}


def shipped_step(folder, c):
    model = SHIPPED[config_of(folder)['model_type']].from_pretrained(folder, dtype=torch.float32).eval()
    embeddings = pattern(c['batch'], c['prompt'], model.get_input_embeddings().weight.shape[1])
    mask = torch.ones(embeddings.shape[:2], dtype=torch.long)
    given = {'inputs_embeds': embeddings, 'attention_mask': mask, 'do_sample': False, 'num_beams': c['beams']}
    count = c['newTokens']

    @torch.inference_mode()
    def step():
        ids = model.generate(**given, min_new_tokens=count, max_new_tokens=count)
        return ids[:, -count:].tolist()  # T5's begin with its start token

    return step


def lean_step(folder, c, variant, is_static=False):
    config = config_of(folder)
    build, convert, layers = LEAN[config['model_type']]
    model = made_of(convert(tensors_of(folder), config[layers]), build, config, is_static)
    embeddings = pattern(c['batch'], c['prompt'], model.words.weight.shape[1])
    if variant.endswith('bf16'):
        model, embeddings = model.bfloat16(), embeddings.bfloat16()
    if variant.startswith('compile'):
        model.compiled()
    return lambda: search(model, embeddings, c['newTokens'], c['beams']).tolist()


def generation_step(c, variant):
    folder = model_folder(c['model'])
    return shipped_step(folder, c) if variant == 'shipped' else lean_step(folder, c, variant)


def sample(texts):
    """The first tokens of each text."""
    return [token for text in texts for token in text[:4]]


def check(c, is_compiled):
    """Both write the same tokens, the cache both ways."""
    folder = model_folder(c['model'])
    expected = shipped_step(folder, c)()
    found = [
        lean_step(folder, c, 'compile' if is_compiled and is_static else 'lean', is_static)() == expected
        for is_static in (False, True)
    ]
    say({'check': all(found), 'sliced': found[0], 'static': found[1]})
    return 0 if all(found) else 1


def main():
    arguments = parser(__doc__, VARIANTS)
    arguments.add_argument('--check', action='store_true', help='compare lean with transformers, and end')
    options = arguments.parse_args()
    set_threads(options)
    config = read_config(options.config)
    if options.check:
        return check(config, options.variant == 'compile')
    serve(generation_step(config, options.variant), options, sample)
    return 0


if __name__ == '__main__':
    sys.exit(main())
