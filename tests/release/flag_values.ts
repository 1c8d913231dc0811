/**
 * Returns the values of flags, each given as `--name value` or
 * `--name=value`, over the defaults.
 *
 * @throws {Error} when there is anything else on the command line.
 */
export function flagValues<const N extends string>(
  args: readonly string[],
  defaults: Readonly<Record<N, string>>,
): Record<N, string> {
  const values: Record<N, string> = { ...defaults };
  const words = args.flatMap((word) => {
    const [, name = "", value = ""] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    return name === "" ? [word] : [name, value];
  });
  for (let at = 0; at < words.length; at += 2) {
    const name = Object.keys(defaults).find((name) =>
      `--${name}` === words[at]
    );
    const value = words[at + 1];
    if (!isName(name, defaults) || value === undefined) {
      const known = Object.keys(defaults).map((name) => `--${name} VALUE`);
      throw new Error(`Cannot take "${words[at]}": give ${known.join(", ")}`);
    }
    values[name] = value;
  }
  return values;
}

function isName<N extends string>(
  name: string | undefined,
  defaults: Readonly<Record<N, string>>,
): name is N {
  return name !== undefined && Object.hasOwn(defaults, name);
}
