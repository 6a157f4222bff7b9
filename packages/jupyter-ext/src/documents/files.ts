/** Files that a set names, from the server; that they are plain names beside it was checked when the set was read. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ServerConnection } from '@jupyterlab/services';
import { BundleError } from '../attention';
import type { Host } from '../host';

/** Bytes; a picture at the paper's size takes about 4 million. */
const LARGEST = 200_000_000;

/** @param folder relative to the notebook; beside it unless given. Resolves to the text of a file. */
export function fetchBeside(
  resolver: IRenderMime.IResolver,
  { server, trans }: Pick<Host, 'server' | 'trans'>,
  folder?: string,
): (file: string) => Promise<string> {
  return async (file) => {
    const name = folder ? `${folder}/${file}` : file;
    const path = await resolver.resolveUrl(name.split('/').map(encodeURIComponent).join('/'));
    const url = await resolver.getDownloadUrl(path);
    const response = await ServerConnection.makeRequest(url, {}, server);
    if (!response.ok) {
      const reason = response.status === 404 ? trans.__('it is not there') : String(response.status);
      throw new BundleError(trans.__('%1 cannot be read: %2.', name, reason));
    }
    if (Number(response.headers.get('content-length')) > LARGEST) {
      throw new BundleError(trans.__('%1 cannot be read: %2.', name, trans.__('it is too large')));
    }
    return response.text();
  };
}
