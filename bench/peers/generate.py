"""Generation with soft prompts, random weights, timed.

    python generate.py generate-opt-greedy.json --variant lean --threads 2   # then lines on stdin: `run 5`, `quit`
    python generate.py generate-opt-beam5.json --check                       # lean beside transformers; compile, with --variant compile

A step writes `newTokens` tokens after each of `batch` prompts of `prompt` embeddings, with `beams` beams. Variants: shipped
(`transformers`' model.generate(), as its users call it), lean (decoders.py, t5.py, search.py), compile (a step of that
compiled), bf16 and compile-bf16 (stored in bfloat16).
"""

import sys

import torch
from transformers import OPTConfig, OPTForCausalLM, T5Config, T5ForConditionalGeneration

from decoders import Opt, from_opt
from search import search
from t5 import T5, from_t5
from worker import parser, read_config, say, serve, set_threads

VARIANTS = ('shipped', 'lean', 'compile', 'bf16', 'compile-bf16')
SHIPPED = {'opt': (OPTConfig, OPTForCausalLM), 't5': (T5Config, T5ForConditionalGeneration)}
LEAN = {'opt': (Opt, from_opt), 't5': (T5, from_t5)}


def shipped_step(model, c, embeddings):
    mask = torch.ones(embeddings.shape[:2], dtype=torch.long)
    given = {'inputs_embeds': embeddings, 'attention_mask': mask, 'do_sample': False, 'num_beams': c['beams']}

    @torch.inference_mode()
    def step():
        return model.generate(**given, min_new_tokens=c['newTokens'], max_new_tokens=c['newTokens']).tolist()

    return step


def shipped_model(c):
    configuration, model = SHIPPED[c['model']['model_type']]
    return model(configuration(**c['model'])).eval()


def generation_step(c, variant):
    torch.manual_seed(0)
    width = c['model'].get('d_model') or c['model']['hidden_size']
    embeddings = torch.randn(c['batch'], c['prompt'], width)
    if variant == 'shipped':
        return shipped_step(shipped_model(c), c, embeddings)
    model = LEAN[c['model']['model_type']][0](c['model']).eval()
    if variant.endswith('bf16'):
        model, embeddings = model.bfloat16(), embeddings.bfloat16()
    if variant.startswith('compile'):
        model.compiled()
    return lambda: search(model, embeddings, c['newTokens'], c['beams']).tolist()


def check(c, is_compiled):
    """Both write the same tokens; two blocks, random weights, the cache both ways."""
    layers = {name: 2 for name in ('num_hidden_layers', 'num_layers', 'num_decoder_layers')}
    c = {**c, 'newTokens': 8, 'model': {**c['model'], **layers}}
    theirs = shipped_model(c)
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(std=0.1)
        if c['model']['model_type'] == 't5':  # transformers 5 ties the head of every random T5
            theirs.lm_head.weight = torch.nn.Parameter(torch.randn_like(theirs.lm_head.weight))
    embeddings = torch.randn(c['batch'], c['prompt'], theirs.get_input_embeddings().weight.shape[1])
    expected = [ids[-c['newTokens'] :] for ids in shipped_step(theirs, c, embeddings)()]
    build, convert = LEAN[c['model']['model_type']]
    found = []
    for is_static in (False, True):
        model = build(c['model'], is_static).eval()
        model.load_state_dict(convert(theirs.state_dict(), 2))
        if is_compiled and is_static:
            model.compiled()
        found.append(search(model, embeddings, c['newTokens'], c['beams']).tolist() == expected)
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
    serve(generation_step(config, options.variant), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
