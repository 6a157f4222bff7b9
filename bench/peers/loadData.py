"""Crops of 224 pixels from JPEG shards with webdataset, torchvision and PIL, as LAVIS's users read them.

    python loadData.py load-data.json

Needs webdataset, torchvision and Pillow beside PyTorch. The shards are those that bench/ours/loadData.ts made. `--threads`
is the number of worker processes. Variants: shipped (each picture made floats by its worker, as LAVIS does), together (bytes
come from the workers, a batch is made floats at once), tensors (that, with torchvision's own decoder and transforms in place of
PIL's), bytes (what the decoder gives).
"""

import io
import tempfile
from pathlib import Path

import torch
import webdataset
from PIL import Image
from torchvision import transforms
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms import v2
from worker import parser, read_config, serve, set_threads

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


VARIANTS = ('shipped', 'together', 'tensors', 'bytes')


def preparation(size, variant):
    """A JPEG's bytes -> a tensor."""
    crop = v2.RandomResizedCrop if variant == 'tensors' else transforms.RandomResizedCrop
    cut = crop(size, scale=(0.5, 1.0), interpolation=transforms.InterpolationMode.BICUBIC)
    flip = transforms.RandomHorizontalFlip()
    if variant == 'tensors':
        return lambda data: flip(cut(decode_jpeg(torch.frombuffer(data, dtype=torch.uint8), ImageReadMode.RGB)))
    last = [transforms.PILToTensor()]
    if variant == 'shipped':
        last = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    prepare = transforms.Compose([cut, flip, *last])
    return lambda data: prepare(Image.open(io.BytesIO(data)).convert('RGB'))


def one_thread(_):
    torch.set_num_threads(1)


def batches(config, options):
    prepare = preparation(config['imageSize'], options.variant)
    shards = sorted(str(path) for path in (Path(tempfile.gettempdir()) / config['folder']).glob('*.tar'))
    dataset = (
        webdataset.WebDataset(shards, resampled=True, shardshuffle=False)
        .shuffle(1000)
        .to_tuple('jpg', 'txt')
        .map_tuple(prepare, lambda text: text.decode())
        .batched(config['batchSize'])
    )
    loader = webdataset.WebLoader(
        dataset,
        batch_size=None,
        num_workers=options.threads,
        prefetch_factor=max(1, config['prefetch'] // options.threads),
        worker_init_fn=one_thread,
    )
    return iter(loader)


def main():
    options = parser(__doc__, VARIANTS).parse_args()
    set_threads(options)
    config = read_config(options.config)
    source = batches(config, options)

    floats = options.variant in ('together', 'tensors')
    scale, shift = (torch.tensor(x)[:, None, None] for x in ([1 / (255 * s) for s in STD], [m / s for m, s in zip(MEAN, STD)]))

    def step():
        for _ in range(config['batchesPerStep']):
            pixels, _texts = next(source)
            if floats:
                pixels.float().mul_(scale).sub_(shift)

    serve(step, options)


if __name__ == '__main__':
    main()
