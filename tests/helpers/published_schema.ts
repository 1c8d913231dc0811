import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Ajv2020, type AnySchema } from "ajv/dist/2020.js";

/** The document that the service publishes, byte for byte. */
const PATH = new URL("../testdata/vers-openapi.json", import.meta.url);
const JSON_TYPE = "application/json";

interface Declared {
  readonly content?: Readonly<Record<string, { readonly schema: AnySchema }>>;
}

interface Spec {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { responses: Record<string, Declared> }>>
    >
  >;
}

const spec: Spec = JSON.parse(Deno.readTextFileSync(PATH));

/** Throws unless an answer is one that the schema has for its request. */
export async function checkAnswer(
  line: string,
  response: Response,
): Promise<void> {
  const [method = "", path = ""] = line.split(" ");
  const declared = responsesOf(method, `/api/v1/${path.split("?")[0]}`);
  const answer = declared[String(response.status)];
  ok(answer, `${line} is not declared to answer ${response.status}`);
  const text = await response.text();
  const type = response.headers.get("content-type");
  const schema = answer.content?.[JSON_TYPE]?.schema;
  if (schema === undefined && line.includes("/exec/stream")) {
    // A stream, of which the schema says nothing more.
    const types = text.trimEnd().split("\n").map((each) =>
      JSON.parse(each).type
    );
    deepStrictEqual([...new Set(types)], ["chunk", "exit"]);
    return;
  }
  if (schema === undefined) {
    deepStrictEqual([text, type], ["", null]);
    return;
  }
  strictEqual(type, JSON_TYPE);
  const ajv = newValidator();
  ok(ajv.validate(inSpec(schema), JSON.parse(text)), ajv.errorsText());
}

/** Returns the answers that the schema has for a request, by status. */
function responsesOf(
  method: string,
  path: string,
): Readonly<Record<string, Declared>> {
  const candidates = Object.entries(spec.paths)
    .filter(([pattern, methods]) =>
      method.toLowerCase() in methods &&
      new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path)
    )
    // `vm/new_root` before `vm/{id}`: the one with the fewest blanks.
    .sort(([one], [other]) => one.split("{").length - other.split("{").length);
  const [found] = candidates;
  ok(found, `${method} ${path} is not in the schema`);
  return found[1][method.toLowerCase()]?.responses ?? {};
}

function newValidator(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false });
  const isWhole = (value: number) => Number.isSafeInteger(value);
  ajv.addFormat("uuid", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  ajv.addFormat("int32", { type: "number", validate: isWhole });
  ajv.addFormat("int64", { type: "number", validate: isWhole });
  ajv.addSchema({ ...spec, $id: "spec" });
  return ajv;
}

/** Returns a schema whose references lead into the published document. */
function inSpec(schema: AnySchema): AnySchema {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('"#/components', '"spec#/components'),
  );
}
