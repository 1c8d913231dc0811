// Sends a request to each URL in its arguments, both ways, and prints what
// `whyNotSent()` makes of the errors: by the Deno that runs it.
import { networkTransport, whyNotSent } from "../transport.ts";

const transport = networkTransport();
using _transport = transport;

for (const url of Deno.args) {
  await tell(transport.read(new Request(url)));
  await tell(transport.create(new Request(url, { method: "POST" })));
}

async function tell(response: Promise<Response>): Promise<void> {
  let line = "answered";
  try {
    await response;
  } catch (error) {
    line = whyNotSent(error) ?? "may have been sent";
  }
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}
