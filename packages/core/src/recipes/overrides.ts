/** `--set a.b=c`: single options of a recipe changed from the command line. */
import { Blip2Error } from '../runtime';

type Options = { [key: string]: unknown };

/** Numbers, true, false, null and JSON are read as such, everything else as text. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A copy of the options with each `path=value` put in. @throws Blip2Error for a setting that cannot be put in */
export function applyOverrides(options: Options, settings: readonly string[]): Options {
  const copy = structuredCloneOptions(options);
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    if (equals < 1)
      throw new Blip2Error(`--set ${setting}: expected key=value`, {
        hint: 'E.g. --set steps=60',
        exitCode: 2,
      });
    const path = setting.slice(0, equals).split('.');
    let at = copy;
    for (const part of path.slice(0, -1)) {
      const inner = (at[part] ??= {});
      if (!isPlain(inner)) {
        throw new Blip2Error(`--set ${setting}: ${part} is a single value: it has no options of its own`, {
          hint: `E.g. --set ${part}=…`,
          exitCode: 2,
        });
      }
      at = inner;
    }
    at[path[path.length - 1]] = readValue(setting.slice(equals + 1));
  }
  return copy;
}

const isPlain = (value: unknown): value is Options => Object.getPrototypeOf(value ?? 0) === Object.prototype;

/** Copies nested objects; functions (losses of one's own) stay what they are. */
function structuredCloneOptions(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key,
      isPlain(value) ? structuredCloneOptions(value) : value,
    ]),
  );
}
