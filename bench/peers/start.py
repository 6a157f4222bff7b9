"""From nothing to a caption: a step starts a Python that loads bench/models.ts's blip2-opt-125m and captions a picture, and
waits for its end. Variants: shipped (`transformers`), lean (blip2.py).

    python start.py --once CONFIG        # what a step starts
"""

import resource
import subprocess
import sys

import worker
from worker import model_folder, parser, read_config, serve, set_threads


def lean(c):
    from blip2 import load
    from folder import normalise, pictures_of

    model, tokenizer = load(model_folder(c['model']))
    ids = model.write(normalise(pictures_of(1)), tokenizer.encode('').ids, c['newTokens'], c['beams'])
    print(tokenizer.decode(ids[0]))


def shipped(c):
    import torch
    from transformers import Blip2ForConditionalGeneration

    from folder import inputs_of, pictures_of, tokenizer_of

    folder = model_folder(c['model'])
    model = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    count = c['newTokens']
    with torch.inference_mode():
        inputs = inputs_of(folder, model, pictures_of(1), '')
        ids = model.generate(
            **inputs, do_sample=False, num_beams=c['beams'], min_new_tokens=count, max_new_tokens=count
        )
    print(tokenizer_of(folder).decode(ids[0]))


ONCE = {'shipped': shipped, 'lean': lean}


def children_memory():
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == 'darwin' else peak * 1024


def main():
    arguments = parser(__doc__, tuple(ONCE))
    arguments.add_argument('--once', action='store_true')
    options = arguments.parse_args()
    set_threads(options)
    if options.once:
        ONCE[options.variant](read_config(options.config))
        return 0
    command = [sys.executable, __file__, '--once', options.config, '--threads', str(options.threads)]
    command += ['--variant', options.variant]
    worker.peak_memory = children_memory
    serve(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
