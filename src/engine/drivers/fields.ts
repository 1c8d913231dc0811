import type { JsonValue } from "../../json.ts";

/** A field of a request where the input is a number, and none elsewhere. */
export function numberField<Name extends string>(
  name: Name,
  value: JsonValue | undefined,
): { readonly [N in Name]?: number } {
  return field(name, typeof value === "number" ? value : undefined);
}

/** A field of a request where the input is a text, and none elsewhere. */
export function textField<Name extends string>(
  name: Name,
  value: JsonValue | undefined,
): { readonly [N in Name]?: string } {
  return field(name, typeof value === "string" ? value : undefined);
}

function field<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as {
    [N in Name]?: Value;
  };
}
