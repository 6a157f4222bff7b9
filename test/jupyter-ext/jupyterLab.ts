/** JupyterLab as the set-up installs it, in a process of its own, and a Chromium that sees nothing but this machine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chromiumPath } from './chromium';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The set-up's folder: notebooks below it find the project's packages. */
const state = join(root, '.blip2');
/** The set-up's environment, or another: one into which the wheel was installed. */
const environment = process.env.BLIP2_LAB ?? join(state, 'python');
const python = join(environment, 'bin', 'python');
const extension = join(
  ...[environment, 'share', 'jupyter', 'labextensions', '@blip2', 'jupyter-ext', 'package.json'],
);

/** Milliseconds until what is waited for is given up: a busy machine opens JupyterLab in a minute. */
const PATIENCE = 120_000;

/** Why these tests cannot run here, if they cannot. */
export const obstacle =
  [python, extension]
    .filter((path) => !existsSync(path))
    .map((path) => `there is no ${path} (npm run setup)`)[0] ??
  (chromiumPath
    ? undefined
    : 'there is no Chromium (apt-get install chromium, or name one in BLIP2_CHROMIUM)');

export interface Lab {
  page: Page;
  /** JupyterLab's, where notebooks run and runs lie. */
  folder: string;
  /** Requests to other machines that the page tried to make, and none got. */
  strangers: string[];
  /** Paths on JupyterLab's server that were asked for. */
  asked: string[];
  /** Puts a file into JupyterLab's folder: text, or JSON. */
  write: (name: string, content: unknown) => void;
  read: (name: string) => unknown;
  /** Opens a notebook in a page without anything else. */
  open: (name: string) => Promise<void>;
  /** Opens a notebook beside what is open, which takes less time. */
  bring: (name: string) => Promise<void>;
  /** Loads the page again, as it was left, with whatever was open. */
  reload: () => Promise<void>;
  /** A command of the palette, which may open something: not waited for to end. */
  command: (id: string, args?: object) => Promise<void>;
  /** The kernel of the open notebook has started: what is run before that can be lost. */
  kernelIsIdle: () => Promise<void>;
  close: () => Promise<void>;
}

export async function startLab(): Promise<Lab> {
  const folder = mkdtempSync(join(state, 'lab-'));
  const files = join(folder, 'files');
  mkdirSync(files);
  const port = await freePort();
  const server = startServer(folder, files, port);
  const chrome = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  const { page, strangers, asked } = await openPage(chrome, port);
  await untilAnswers(`http://127.0.0.1:${port}/api`, server);
  const command: Lab['command'] = (id, args = {}) =>
    page.evaluate(`void jupyterapp.commands.execute('${id}', ${JSON.stringify(args)})`);
  return {
    page,
    folder: files,
    strangers,
    asked,
    write(name, content) {
      const path = join(files, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    },
    read: (name) => JSON.parse(readFileSync(join(files, name), 'utf8')) as unknown,
    async open(name) {
      await page.goto(`http://127.0.0.1:${port}/lab/tree/${name}?reset`);
      await untilOpen(page, name);
    },
    async bring(name) {
      await command('docmanager:open', { path: name });
      await untilOpen(page, name);
    },
    async reload() {
      // Changes of a notebook that are not saved.
      page.once('dialog', (dialog) => void dialog.accept());
      await page.goto(`http://127.0.0.1:${port}/lab`);
    },
    command,
    async kernelIsIdle() {
      const status = 'jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status';
      await page.waitForFunction(`${status} === 'idle'`);
    },
    async close() {
      await chrome.close();
      server.kill('SIGTERM');
      await new Promise((done) => server.once('exit', done));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Until its file is read, a notebook's cells are drawn anew. */
async function untilOpen(page: Page, name: string): Promise<void> {
  const open = `jupyterapp.shell.currentWidget?.context`;
  await page.waitForFunction(`globalThis.jupyterapp && ${open}?.isReady && ${open}.path === '${name}'`);
  await page.locator('.jp-NotebookPanel:visible .jp-Cell').first().waitFor();
}

function startServer(folder: string, files: string, port: number): ChildProcess {
  const inFolder = (name: string) => join(folder, name);
  return spawn(
    python,
    [
      ...['-m', 'jupyter', 'lab', '--no-browser', '--allow-root'],
      ...['--ip', '127.0.0.1', '--port', String(port), '--ServerApp.port_retries=0'],
      ...['--IdentityProvider.token=', `--ServerApp.root_dir=${files}`],
      '--LabApp.expose_app_in_browser=True',
    ],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        JUPYTER_PREFER_ENV_PATH: '1',
        JUPYTER_CONFIG_DIR: inFolder('config'),
        JUPYTER_DATA_DIR: inFolder('data'),
        JUPYTER_RUNTIME_DIR: inFolder('runtime'),
        JUPYTERLAB_SETTINGS_DIR: inFolder('settings'),
        JUPYTERLAB_WORKSPACES_DIR: inFolder('workspaces'),
      },
    },
  );
}

async function openPage(chrome: Browser, port: number): Promise<Pick<Lab, 'page' | 'strangers' | 'asked'>> {
  const page = await chrome.newPage({ viewport: { width: 1280, height: 1000 } });
  page.setDefaultTimeout(PATIENCE);
  const strangers: string[] = [];
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.route(
    (url) => !['127.0.0.1', ''].includes(url.hostname) || ![String(port), ''].includes(url.port),
    (route) => {
      strangers.push(route.request().url());
      return route.abort();
    },
  );
  return { page, strangers, asked };
}

const freePort = () =>
  new Promise<number>((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });

async function untilAnswers(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await setTimeout(200);
  }
  throw new Error(`JupyterLab ended with exit code ${server.exitCode}`);
}
