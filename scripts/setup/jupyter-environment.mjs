// Keeps Jupyter's files inside the project: nothing is read from or written to the user's home.
import { join } from 'node:path';
import { paths } from './paths.mjs';

export const jupyterEnvironment = {
  JUPYTER_PREFER_ENV_PATH: '1',
  JUPYTER_CONFIG_DIR: join(paths.state, 'jupyter', 'config'),
  JUPYTER_DATA_DIR: join(paths.state, 'jupyter', 'data'),
  JUPYTER_RUNTIME_DIR: join(paths.state, 'jupyter', 'runtime'),
};
