"""A product of two square matrices, timed: what the machine can do at most. Variants: fp32, bf16."""

import sys

import torch

from worker import parser, read_config, serve, set_threads


def main():
    options = parser(__doc__, ('fp32', 'bf16')).parse_args()
    set_threads(options)
    size = read_config(options.config)['size']
    dtype = torch.bfloat16 if options.variant == 'bf16' else torch.float32
    left, right = (torch.randn(size, size).to(dtype) for _ in range(2))
    serve(lambda: left @ right, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
