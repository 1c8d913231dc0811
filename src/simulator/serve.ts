import { Failure, messageOf } from "../failure.ts";
import { errorAnswer } from "./service/answer.ts";
import {
  HttpConnection,
  HttpError,
  type HttpRequest,
} from "./http_connection.ts";
import type { Incoming, Reply } from "./faults/passage.ts";
import {
  type AnswerReply,
  BODILESS_STATUSES,
  bodyPieces,
  sentBody,
} from "./response.ts";
import type { Simulator } from "./simulator.ts";

/** Options for {@linkcode serveSimulator}. */
export interface ServeSimulatorOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** @default "127.0.0.1" */
  readonly hostname?: string;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
  /** Called once, when requests are taken. */
  readonly onListening?: (address: ServerAddress) => void;
}

/** Where a served simulator can be reached. */
export interface ServerAddress {
  readonly hostname: string;
  readonly port: number;
  /** For `VERS_URL`. */
  readonly url: string;
}

/**
 * Serves a simulator over HTTP until the signal is aborted.
 *
 * Connections are kept, as many as come. A request that has arrived is carried
 * out even if its client has gone by then. On the signal requests under way
 * end without an answer, and this returns.
 *
 * @throws {Failure} when the port cannot be listened on.
 */
export async function serveSimulator(
  simulator: Simulator,
  options: ServeSimulatorOptions,
): Promise<void> {
  const { hostname = "127.0.0.1", signal } = options;
  if (signal.aborted) return;
  const listener = listen(hostname, options.port);
  const connections = new Map<Deno.Conn, Promise<void>>();
  function stop() {
    listener.close();
    for (const conn of connections.keys()) close(conn);
  }
  signal.addEventListener("abort", stop, { once: true });
  const { port } = listener.addr;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  options.onListening?.({ hostname, port, url: `http://${host}:${port}` });
  try {
    for await (const conn of listener) {
      const served = serveConnection(simulator, conn, signal)
        .finally(() => {
          connections.delete(conn);
          close(conn);
        });
      connections.set(conn, served);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) stop();
    await Promise.all(connections.values());
  }
}

function listen(hostname: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (cause) {
    const why = messageOf(cause);
    throw new Failure(`Cannot listen on ${hostname}, port ${port}: ${why}`, {
      code: "general",
      hint: "any free port will do with --port 0",
      cause,
    });
  }
}

async function serveConnection(
  simulator: Simulator,
  conn: Deno.TcpConn,
  signal: AbortSignal,
): Promise<void> {
  try {
    conn.setNoDelay(true);
    const http = new HttpConnection(conn);
    let reused = false;
    while (await serveRequest(simulator, http, { reused, signal })) {
      reused = true;
    }
  } catch {
    // The client went away, or the server ends: nobody is there to be told.
  }
}

/** Returns whether the connection goes on. */
async function serveRequest(
  simulator: Simulator,
  http: HttpConnection,
  { reused, signal }: { reused: boolean; signal: AbortSignal },
): Promise<boolean> {
  const request = await readRequest(http);
  if (!request) return false;
  const { keepAlive } = request;
  const reply = await answerTo(simulator, { ...request, reused, signal });
  if (reply.type !== "answer" || signal.aborted) return false;
  const { clock } = simulator;
  if (reply.answer.pauses) {
    await http.write(encodeHead(reply, keepAlive));
    for await (const piece of bodyPieces(reply, { clock, signal })) {
      await http.write(piece);
    }
  } else {
    await http.write(encodeReply(reply, keepAlive));
  }
  return keepAlive && !reply.cut;
}

/** Reads a request, or answers what is none. */
async function readRequest(
  http: HttpConnection,
): Promise<HttpRequest | undefined> {
  try {
    return await http.read();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const answer = errorAnswer(error.status, error.message);
    const reply = { type: "answer", answer, cut: false } as const;
    await http.write(encodeReply(reply, false));
    await http.finish();
    return undefined;
  }
}

async function answerTo(
  simulator: Simulator,
  incoming: Incoming,
): Promise<Reply> {
  try {
    return await simulator.handle(incoming);
  } catch (error) {
    const why = error instanceof Failure
      ? error.message
      : "Internal server error";
    return { type: "answer", answer: errorAnswer(500, why), cut: false };
  }
}

function encodeReply(reply: AnswerReply, keepAlive: boolean): Uint8Array {
  const isBodiless = BODILESS_STATUSES.has(reply.answer.status);
  const head = encodeHead(reply, keepAlive);
  const sent = isBodiless ? new Uint8Array() : sentBody(reply);
  const whole = new Uint8Array(head.length + sent.length);
  whole.set(head);
  whole.set(sent, head.length);
  return whole;
}

function encodeHead(reply: AnswerReply, keepAlive: boolean): Uint8Array {
  const { answer: { status, headers }, cut } = reply;
  const isBodiless = BODILESS_STATUSES.has(status);
  const length = new TextEncoder().encode(reply.answer.body).length;
  // A cut answer promises more than comes.
  const promised = cut ? Math.max(length, sentBody(reply).length + 1) : length;
  const lines = [
    `HTTP/1.1 ${status} ${REASONS.get(status) ?? "Scripted"}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(isBodiless ? [] : [`content-length: ${promised}`]),
    ...(keepAlive ? [] : ["connection: close"]),
  ];
  return new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n");
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed.
  }
}

const REASONS = new Map([
  [200, "OK"],
  [201, "Created"],
  [202, "Accepted"],
  [204, "No Content"],
  [307, "Temporary Redirect"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [409, "Conflict"],
  [413, "Content Too Large"],
  [422, "Unprocessable Content"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
]);
