// Reads from the port in its first argument, then creates there twice, and
// prints what became of each: by the Deno that runs it.
import { networkTransport } from "../transport.ts";

const url = `http://127.0.0.1:${Deno.args[0]}/`;
const transport = networkTransport();
using _transport = transport;

const response = await transport.read(new Request(url));
await print(await response.text());
const made = await transport.create(
  new Request(`${url}kept`, { method: "POST", body: "{}" }),
);
await print(await made.text());
try {
  await transport.create(new Request(url, { method: "POST", body: "{}" }));
  await print("answered");
} catch {
  await print("no answer");
}

async function print(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}
