import type { Simulator } from "../../src/simulator/simulator.ts";

/** Options for {@linkcode ask}. */
export interface AskOptions {
  readonly body?: unknown;
  /** Instead of JSON. */
  readonly text?: string;
  readonly apiKey?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Sends a simulator a request such as `GET vms`, for the tests of it. */
export async function ask(
  simulator: Simulator,
  line: string,
  options: AskOptions = {},
): Promise<Response> {
  const [method = "", path = ""] = line.split(" ");
  const { apiKey = simulator.apiKey, body, signal } = options;
  const text = options.text ??
    (body === undefined ? null : JSON.stringify(body));
  const url = `http://vers.test/${path.startsWith("/") ? "" : "api/v1/"}${
    path.replace(/^\//, "")
  }`;
  return await simulator.fetch(
    new Request(url, {
      method,
      body: text,
      headers: { authorization: `Bearer ${apiKey}`, ...options.headers },
      ...(signal && { signal }),
    }),
  );
}

/** Returns the id of a VM made anew. */
export async function makeVm(
  simulator: Simulator,
  labels: Record<string, string> = {},
): Promise<string> {
  const body = { vm_config: { labels } };
  const response = await ask(simulator, "POST vm/new_root", { body });
  return (await response.json()).vm_id;
}
