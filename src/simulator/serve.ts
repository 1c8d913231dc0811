import type { IncomingMessage, ServerResponse } from "node:http";
import { joinBytes } from "../bytes.ts";
import { type Clock, systemClock } from "../clock.ts";
import { Failure, messageOf } from "../failure.ts";
import { errorAnswer } from "./service/answer.ts";
import { control, isControlPath } from "./faults/control.ts";
import type { Reply } from "./service/request_state.ts";
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
  /** Ends the server when it is aborted. */
  readonly signal: AbortSignal;
  /** Called once, when the server accepts connections. */
  readonly onListening?: (address: ServerAddress) => void;
}

/** The address of a simulator that is served. */
export interface ServerAddress {
  readonly hostname: string;
  readonly port: number;
  /** For `VERS_URL`. */
  readonly url: string;
}

/** A request as it arrived on a connection. */
interface Arrived {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether the connection stays open after its request before, if any. */
  readonly before: Promise<boolean> | undefined;
  /** Aborted when the server ends. */
  readonly signal: AbortSignal;
}

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

const SERVER_OPTIONS = {
  maxHeaderSize: 64 * 1024,
  requireHostHeader: false,
  noDelay: true,
  // No time limits: a client may be as slow as it likes.
  headersTimeout: 0,
  requestTimeout: 0,
  keepAliveTimeout: 0,
};

/**
 * Serves a simulator over HTTP until the signal is aborted.
 *
 * Connections are kept open. The requests of one connection are answered one
 * after the other. A request that has arrived is carried out even if its
 * client has disconnected. When the signal is aborted, requests in flight end
 * without an answer, and this returns.
 *
 * @throws {Failure} when the port cannot be listened on.
 */
export async function serveSimulator(
  simulator: Simulator,
  options: ServeSimulatorOptions,
): Promise<void> {
  const { hostname = "127.0.0.1", signal } = options;
  // Imported here, because a bundle runs its static imports for every command.
  const { createServer } = await import("node:http");
  if (signal.aborted) return;
  /** By connection: whether it stays open after its latest request. */
  const latest = new Map<string, Promise<boolean>>();
  const server = createServer(SERVER_OPTIONS, (request, response) => {
    const connection = sourceOf(request.socket);
    const before = latest.get(connection);
    const arrived = { request, response, before, signal };
    latest.set(connection, serveRequest(simulator, arrived));
  });
  // Ports are used again. (Deno 2.6 does not emit this event.)
  server.on("connection", (socket) => latest.delete(sourceOf(socket)));
  try {
    const listening = Promise.withResolvers<void>();
    server.once("error", listening.reject);
    server.listen(options.port, hostname, listening.resolve);
    await listening.promise;
  } catch (cause) {
    throw listenFailure(hostname, options.port, cause);
  }
  const closed = Promise.withResolvers<void>();
  const stop = () => {
    server.close(() => closed.resolve());
    server.closeAllConnections();
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  options.onListening?.({ hostname, port, url: `http://${host}:${port}` });
  await closed.promise;
  await Promise.all(latest.values());
}

function listenFailure(hostname: string, port: number, cause: unknown) {
  const isTaken = cause instanceof Error && "code" in cause &&
    cause.code === "EADDRINUSE";
  const why = isTaken ? "another program listens there" : messageOf(cause);
  return new Failure(`Cannot listen on ${hostname}, port ${port}: ${why}`, {
    code: "general",
    hint: "any free port will do with --port 0",
    cause,
  });
}

/** Identifies an open connection by its client's address and port. */
function sourceOf(
  { remoteAddress, remotePort }: IncomingMessage["socket"],
): string {
  return `${remoteAddress}:${remotePort}`;
}

/** Answers a request in its turn; returns whether the connection stays open. */
async function serveRequest(
  simulator: Simulator,
  arrived: Arrived,
): Promise<boolean> {
  const { request, before, signal } = arrived;
  try {
    // Read before its turn: once the client disconnects, the body is lost.
    const body = await readBody(request);
    if (await before !== false) {
      const reply = await answerTo(simulator, arrived, body);
      if (reply.type === "answer" && !signal.aborted) {
        await send(reply, arrived, simulator.clock);
        if (reply.cutAfter === undefined) return true;
      }
    }
  } catch {
    // The client has disconnected, or the server ends.
  }
  dropConnection(arrived);
  return false;
}

/** Closes a connection at once. */
function dropConnection({ request, response }: Arrived): void {
  response.on("error", () => {});
  request.socket.destroy();
  // Deno 2.6 only closes it when the body of an answer fails.
  response.write("");
  response.destroy(new Error("The simulator closed the connection"));
}

/** Returns the body; `undefined` if it is too large to be kept. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > BODY_LIMIT_BYTES) return Promise.resolve(undefined);
  const { promise, resolve, reject } = Promise.withResolvers<
    string | undefined
  >();
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Deno 2.6 cannot iterate over a request.
  request.on("data", (piece: Uint8Array) => {
    size += piece.length;
    if (size <= BODY_LIMIT_BYTES) pieces.push(piece);
  });
  request.on("end", () =>
    resolve(
      size > BODY_LIMIT_BYTES
        ? undefined
        : new TextDecoder().decode(joinBytes(pieces)),
    ));
  request.on("error", reject);
  return promise;
}

async function answerTo(
  simulator: Simulator,
  { request, before, signal }: Arrived,
  body: string | undefined,
): Promise<Reply> {
  const { method = "", url: target = "" } = request;
  // The host that the client names does not matter.
  const url = URL.parse(
    target.startsWith("/") ? `http://localhost${target}` : target,
  );
  if (!url) return refusal(400, `there is no "${target}"`);
  if (body === undefined) return refusal(413, "it is too large");
  const headers = new Headers();
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  }
  const reused = before !== undefined;
  try {
    const incoming = {
      method,
      url,
      headers,
      body,
      reused,
      signal,
    };
    if (isControlPath(url.pathname)) {
      const answer = await control(simulator, incoming);
      return { type: "answer", answer };
    }
    return await simulator.handle(incoming);
  } catch (error) {
    const why = error instanceof Failure
      ? error.message
      : "Internal server error";
    return { type: "answer", answer: errorAnswer(500, why) };
  }
}

function refusal(status: number, why: string): Reply {
  const answer = errorAnswer(status, `Cannot read the request: ${why}`);
  return { type: "answer", answer };
}

/** Sends an answer, or the part of it that a fault leaves. */
async function send(
  reply: AnswerReply,
  { response, signal }: Arrived,
  clock: Clock,
): Promise<void> {
  const { answer: { status, headers, body, pauses }, cutAfter } = reply;
  const sent = sentBody(reply);
  const isCut = cutAfter !== undefined;
  const { length } = new TextEncoder().encode(body);
  // A cut answer announces more than is sent.
  const promised = isCut ? Math.max(length, sent.length + 1) : length;
  const isBodiless = BODILESS_STATUSES.has(status);
  // The answer's headers are complete: node:http is not to add its own.
  response.sendDate = false;
  response.removeHeader("connection");
  response.writeHead(status, [
    ...Object.entries(headers).flat(),
    ...(isBodiless ? [] : ["content-length", String(promised)]),
    ...(response.shouldKeepAlive !== false ? [] : ["connection", "close"]),
  ]);
  if (pauses || isCut) {
    await write(response, "");
    for await (const piece of bodyPieces(reply, { clock, signal })) {
      await write(response, piece);
    }
    // Deno 2.6 reports a write as done slightly before it is.
    if (isCut) await systemClock.sleep(1);
  }
  if (!isCut) response.end(isBodiless || pauses ? undefined : sent);
}

function write(
  response: ServerResponse,
  piece: string | Uint8Array,
): Promise<unknown> {
  return new Promise((resolve) => response.write(piece, resolve));
}
