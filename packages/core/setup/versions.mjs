// The pinned versions that package-lock.json and requirements.txt do not hold, and the choice of TensorFlow's wheel.
import { existsSync } from 'node:fs';
import { fail } from './errors.mjs';
import { readStamp } from './stamps.mjs';

export const TENSORFLOW = '2.21.0';
export const ZIGLANG = '0.17.0';

/** CUDA's libraries, at versions that TensorFlow's `and-cuda` extra accepts. */
export const NVIDIA_PACKAGES = [
  'nvidia-cublas-cu12==12.9.3.13',
  'nvidia-cuda-cupti-cu12==12.9.79',
  'nvidia-cuda-nvcc-cu12==12.9.86',
  'nvidia-cuda-nvrtc-cu12==12.9.86',
  'nvidia-cuda-runtime-cu12==12.9.79',
  'nvidia-cudnn-cu12==9.28.0.42',
  'nvidia-cufft-cu12==11.4.1.4',
  'nvidia-curand-cu12==10.3.10.19',
  'nvidia-cusolver-cu12==11.7.5.82',
  'nvidia-cusparse-cu12==12.5.10.65',
  'nvidia-nccl-cu12==2.32.3',
  'nvidia-nvjitlink-cu12==12.9.86',
];

/** Size of each wheel in bytes, for showing how far a download is. */
const WHEELS = {
  'linux-x64-cpu': { package: 'tensorflow-cpu', platform: 'manylinux_2_27_x86_64', bytes: 274e6 },
  'linux-x64-cuda': { package: 'tensorflow', platform: 'manylinux_2_27_x86_64', bytes: 573e6 },
  'linux-arm64-cpu': { package: 'tensorflow', platform: 'manylinux_2_27_aarch64', bytes: 282e6 },
  'darwin-arm64-cpu': { package: 'tensorflow', platform: 'macosx_12_0_arm64', bytes: 224e6 },
};

const DRIVER_FILES = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

/** `cpu` or `cuda`: what BLIP2_TENSORFLOW says, else what is installed, else CUDA where an NVIDIA driver is loaded. */
export function tensorflowVariant() {
  const forced = process.env.BLIP2_TENSORFLOW;
  if (forced && forced !== 'cpu' && forced !== 'cuda') {
    fail(`BLIP2_TENSORFLOW is "${forced}".`, 'Set it to cpu or cuda, or leave it out to let set-up choose.');
  }
  return forced || readStamp('tensorflow')?.split(' ')[1] || (hasNvidiaDriver() ? 'cuda' : 'cpu');
}

function hasNvidiaDriver() {
  return process.platform === 'linux' && process.arch === 'x64' && DRIVER_FILES.some(existsSync);
}

/** The wheel for this machine: its package on PyPI, platform tag and size, and a name for it in stamps. */
export function tensorflowWheel() {
  const variant = tensorflowVariant();
  const key = `${process.platform}-${process.arch}-${variant}`;
  const wheel = WHEELS[key];
  if (!wheel) {
    fail(
      `There is no TensorFlow ${TENSORFLOW} for ${key}.`,
      variant === 'cuda'
        ? 'CUDA needs Linux on x64. Set BLIP2_TENSORFLOW=cpu to go on without it.'
        : 'Supported: Linux on x64 and arm64, macOS on Apple silicon, and Windows through WSL.',
    );
  }
  return { variant, version: TENSORFLOW, stamp: `${TENSORFLOW} ${variant}`, ...wheel };
}
