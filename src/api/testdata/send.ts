// Sends a GET that may be repeated and a POST that may not to each URL in its
// arguments, and prints what came of each: by the Deno that runs it. The first
// argument has the options of the transport, in JSON.
import { networkTransport } from "../transport.ts";

const [options = "{}", ...urls] = Deno.args;
const transport = networkTransport(JSON.parse(options));
using _transport = transport;

for (const url of urls) {
  await tell(transport.read(new Request(url)));
  await tell(
    transport.create(new Request(url, { method: "POST", body: "{}" })),
  );
}

async function tell(response: Promise<Response>): Promise<void> {
  let line = "no answer";
  try {
    line = await (await response).text();
  } catch {
    // That is what is told.
  }
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}
