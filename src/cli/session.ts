import type { Transport } from "../api/transport.ts";
import type { Engine } from "../engine/engine.ts";
import { Failure } from "../failure.ts";
import type { FileLedger } from "../ledger/file/file_ledger.ts";
import type { Settings } from "../project/settings.ts";
import type { Simulator } from "../simulator/simulator.ts";
import type { CommandInput, Invocation } from "./command_line/command.ts";
import type { Context } from "./context.ts";
import { homeFolder, ledgerFolder, simulatorFolder } from "./folders.ts";
import { lazy } from "./lazy.ts";
import { hintOf } from "./output/failure_hint.ts";

/** The engine, for whom and where it works, and the user's settings. */
export interface Session {
  readonly engine: Engine;
  /** The engine's ledger, as the file that it is. */
  readonly ledger: FileLedger;
  /** The id of the API key. */
  readonly account: string;
  /** The API's origin: `https://api.vers.sh`, or `local`. */
  readonly scope: string;
  readonly settings: Settings;
}

/** What requests are sent to, and with which key. */
interface Service {
  readonly origin: string;
  readonly scope: string;
  readonly apiKey: string;
  readonly transport: Transport;
}

/** What stands for an origin where there is no host. */
const LOCAL = "local";
const LOCAL_ORIGIN = "http://localhost";

/**
 * Returns what this command works with. The ledger is opened first:
 * what is decided from here on counts as decided while the command ran.
 *
 * @throws {Failure} of code `authentication`, when there is no API key; of
 *   code `usage`, when a variable of the environment is not usable.
 */
export async function openSession(
  input: Pick<CommandInput, "invocation" | "progress">,
  context: Context,
): Promise<Session> {
  const { clock, signal } = context;
  const { FileLedger } = await lazy.fileLedger();
  const ledger = new FileLedger({ dir: ledgerFolder(context), clock });
  const service = isLocal(context, input.invocation)
    ? await openSimulator(context)
    : await openService(context);
  const { VersClient } = await lazy.versClient();
  const { settingsOrNone } = await lazy.personalFiles();
  const { accountOf } = await lazy.credentials();
  const { origin, scope, apiKey, transport } = service;
  const engine: Engine = {
    ledger,
    client: new VersClient({
      origin,
      apiKey,
      transport,
      clock,
      ...(input.invocation.isVerbose
        ? { onRequest: input.progress.trace }
        : {}),
    }),
    clock,
    signal,
    notify: input.progress.notify,
    hintOf,
    random: () => context.random(),
  };
  const settings = await settingsOrNone(context, input.progress.warn);
  return { engine, ledger, scope, settings, account: await accountOf(apiKey) };
}

/** Returns whether commands go to the simulator in this program. */
export function isLocal(context: Context, invocation: Invocation): boolean {
  return invocation.isLocal || context.env("VERS_URL") === LOCAL;
}

async function openSimulator(context: Context): Promise<Service> {
  const { Simulator } = await lazy.simulator();
  const { SIMULATOR_API_KEY } = await lazy.simulatedAccount();
  const { fetchTransport } = await lazy.transport();
  const folder = simulatorFolder(context);
  const options = {
    clock: context.clock,
    ...(folder === undefined ? {} : { stateDir: `${folder}/local` }),
  };
  // It makes its folder: a command that asks nothing leaves none behind.
  let simulator: Simulator | undefined;
  return {
    origin: LOCAL_ORIGIN,
    scope: LOCAL,
    apiKey: SIMULATOR_API_KEY,
    transport: fetchTransport((request) => {
      simulator ??= new Simulator(options);
      return simulator.fetch(request);
    }),
  };
}

async function openService(context: Context): Promise<Service> {
  const { readApiKey } = await lazy.credentials();
  const origin = await originOf(context);
  const home = homeFolder(context);
  const apiKey = readApiKey({
    given: context.env("VERS_API_KEY"),
    path: home === undefined ? undefined : `${home}/.versrc`,
  });
  if (apiKey === undefined) throw noApiKey();
  const transport = await context.transport();
  // A proxy that cannot be used is an error before anything is written.
  transport.proxyFor?.(origin);
  return { origin, scope: origin, apiKey, transport };
}

/**
 * Returns the origin of the service: VERS_URL's, else the usual one.
 *
 * @throws {Failure} of code `usage`, when VERS_URL is not usable.
 */
export async function originOf(context: Context): Promise<string> {
  const { DEFAULT_ORIGIN, parseOrigin } = await lazy.origin();
  const url = context.env("VERS_URL");
  if (url === undefined) return DEFAULT_ORIGIN;
  const allowInsecure = context.env("VERS_ALLOW_HTTP") === "1";
  return parseOrigin(url, { allowInsecure });
}

function noApiKey(): Failure {
  return new Failure(
    "Cannot use the Vers API: there is no API key in VERS_API_KEY " +
      "or ~/.versrc",
    {
      code: "authentication",
      hint: "log in with a key on stdin: vers login --token -; " +
        "or set VERS_API_KEY; " +
        "or try it without an account: vers run --wait --local",
    },
  );
}
