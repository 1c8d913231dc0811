import { type CommandInput, defineCommand } from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { lazy } from "../lazy.ts";
import {
  type FlagTable,
  wholeNumber,
  withFacts,
  word,
} from "../command_line/flag.ts";
import { jsonLine } from "../output/terminal_text.ts";

const HOUR_MS = 3_600_000;

const FLAGS = {
  port: {
    type: "value",
    brief: "Port on 127.0.0.1; 0: one that is free",
    placeholder: "PORT",
    fallback: "0",
    parse: wholeNumber({ min: 0, max: 65_535, example: 8080 }),
  },
  "boot-ms": {
    type: "value",
    brief: "How long a VM boots, in milliseconds",
    placeholder: "MS",
    fallback: "2000",
    parse: wholeNumber({
      min: 0,
      max: HOUR_MS,
      unit: "milliseconds",
      example: 2000,
    }),
  },
  "state-dir": {
    type: "value",
    brief: "Keep the VMs in this folder; else they are gone with the server",
    placeholder: "DIR",
    parse: withFacts(
      { type: "string", isPath: true, example: "./simulated" },
      word({ what: "a path", example: "./simulated", maxLength: 4_096 }),
    ),
  },
} as const satisfies FlagTable;

/** `vers simulate`: serves the Vers API without VMs behind it. */
export const command = defineCommand({
  summary: "Serve a simulated Vers API on this machine",
  description: "Serves the Vers API over HTTP, to try commands and programs\n" +
    "against it. Prints one line of JSON, the URL and an API key that it\n" +
    "takes, and serves until it is stopped. What it was asked can be read\n" +
    "at <url>/_simulator/requests.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers simulate", "serve on a free port"],
    ["vers simulate --port 8080 --boot-ms 10000", "VMs that boot slowly"],
    ["vers simulate --state-dir ./simulated", "keep the VMs"],
  ],
  files: {},
  run: simulate,
});

async function simulate(
  { flags }: CommandInput<typeof FLAGS>,
  context: Context,
): Promise<number> {
  const { Simulator } = await lazy.simulator();
  const { serveSimulator } = await lazy.simulatorServer();
  const { clock, signal, stdout } = context;
  const bootMs = flags["boot-ms"];
  const stateDir = flags["state-dir"];
  const simulator = new Simulator({
    clock,
    ...(bootMs === undefined ? {} : { bootMs }),
    ...(stateDir === undefined ? {} : { stateDir }),
  });
  await serveSimulator(simulator, {
    port: flags.port ?? 0,
    signal,
    onListening: ({ url }) => {
      void stdout.write(jsonLine({ url, api_key: simulator.apiKey }) + "\n");
    },
  });
  signal.throwIfAborted();
  return 0;
}
