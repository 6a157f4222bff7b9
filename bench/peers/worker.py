"""The process that the harness talks to: arguments, warm-up, `run N` in, one line of JSON out (README.md here)."""

import argparse
import json
import math
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import torch


def parser(doc, variants):
    """The arguments that every peer takes."""
    arguments = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('config', nargs='?', help='a JSON file of sizes, or the JSON itself')
    arguments.add_argument('--variant', choices=variants, default=variants[0])
    arguments.add_argument('--threads', type=int, default=2)
    arguments.add_argument('--warm-up', type=int, default=3, help='untimed steps before the first answer')
    arguments.add_argument('--steps', type=int, help='run so many steps, report, and end')
    return arguments


def set_threads(options):
    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)


def read_config(argument):
    return json.loads(argument if argument.lstrip().startswith('{') else Path(argument).read_text())


def model_folder(name):
    """A model of bench/models.ts, which the harness wrote."""
    return os.path.join(os.environ['BLIP2_BENCH_MODELS'], name)


def pattern(*shape):
    """Numbers in [-1, 1) that all sides can make: no two rows of a matrix are the same."""
    return (torch.arange(math.prod(shape)) * 7919 % 257 / 128 - 1).reshape(shape)


def set_compiler(model):
    """Weights of a model that infers are frozen: constants, laid out once as the products want them."""
    import torch._dynamo.config
    import torch._inductor.config

    torch._dynamo.config.recompile_limit = 256  # a block meets many shapes, and each is another where weights are frozen
    torch._inductor.config.freezing = not model.training


def compile_parts(model, *kinds):
    """Compiles blocks one by one: a whole model takes minutes. In training those that are alike share what is compiled."""
    set_compiler(model)
    kinds = kinds or tuple({type(part) for parts in model.modules() if is_list(parts) for part in parts})
    for module in model.modules():
        if isinstance(module, kinds):
            module.compile(dynamic=False)
    return model


def is_list(module):
    return isinstance(module, (torch.nn.ModuleList, torch.nn.Sequential))


def serve(step, options, sample=None):
    """Warms up, then times `step` until told to quit; `--steps` makes one report and ends.

    `sample` makes of a result a few numbers by which two sides can be compared.
    """
    (first, *_), _ = timed(step, max(1, options.warm_up))
    measured = lambda count: report(*timed(step, count), options, sample)  # noqa: E731
    if options.steps:
        say(measured(options.steps))
        return
    say({'ready': True, 'firstStep': first, 'variant': options.variant, 'torch': torch.__version__})
    for line in sys.stdin:
        words = line.split()
        if words == ['quit']:
            return
        if len(words) == 2 and words[0] == 'run' and words[1].isdigit() and int(words[1]) > 0:
            say(measured(int(words[1])))
        else:
            say({'error': f'unknown command {line.strip()!r}: use `run N` or `quit`'})


def timed(step, count):
    """Milliseconds of each of `count` steps, and the last result; a step ends when its result is in Python."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        result = step()
        times.append((time.perf_counter() - start) * 1000)
    return times, result


def report(times, result, options, sample):
    return {
        'median': statistics.median(times),
        'min': min(times),
        'max': max(times),
        'unit': 'ms',
        'samples': len(times),
        'times': [round(t, 3) for t in times],
        'peakMemory': peak_memory(),
        'torch': torch.__version__,
        'threads': torch.get_num_threads(),
        'cpuCapability': torch.backends.cpu.get_cpu_capability(),
        'variant': options.variant,
        'sample': sample and sample(result),
    }


def peak_memory():
    """Bytes, of the whole process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == 'darwin' else peak * 1024


def say(value):
    print(json.dumps(value), flush=True)
