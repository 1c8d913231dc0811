/** A request on its way through. */
export interface Passing {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
}

/** What an intermediary does with a request. */
export type Mischief =
  | { readonly type: "pass" }
  /** Passes it on, and again; gives the answer to the second, or the first. */
  | { readonly type: "twice"; readonly answers?: "first" | "second" }
  /** Answers itself, without passing it on, or after that was answered. */
  | {
    readonly type: "answer";
    readonly when: "before" | "after";
    readonly answer: ForeignAnswer;
  };

/** An answer that the service would not give. */
export interface ForeignAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What stands between a program and the service. */
export interface Intermediary extends AsyncDisposable {
  /** For `VERS_URL`. */
  readonly url: string;
  /** Returns what it did so far, one line a request: `POST /x twice`. */
  done(): string[];
}

/** Options for {@linkcode startIntermediary}. */
export interface IntermediaryOptions {
  /** The service's origin. */
  readonly to: string;
  /** Decides of each request as it comes. */
  readonly mischief: (passing: Passing) => Mischief;
}

const PASS: Mischief = { type: "pass" };

/** Starts an intermediary that this machine's programs can reach. */
export function startIntermediary(
  { to, mischief }: IntermediaryOptions,
): Intermediary {
  const done: string[] = [];
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const passing = { method: request.method, path: pathname + search };
      const chosen = mischief(passing);
      done.push(`${passing.method} ${passing.path} ${nameOf(chosen)}`);
      const body = await request.arrayBuffer();
      const pass = () =>
        fetch(to + passing.path, {
          client,
          method: request.method,
          headers: request.headers,
          body: body.byteLength > 0 ? body : null,
          redirect: "manual",
        });
      switch (chosen.type) {
        case "pass":
          return await pass();
        case "twice": {
          const answers = [await pass(), await pass()];
          const wanted = chosen.answers === "first" ? 0 : 1;
          await answers[1 - wanted]?.body?.cancel();
          return answers[wanted] ?? Response.error();
        }
        case "answer":
          if (chosen.when === "after") await (await pass()).body?.cancel();
          return toResponse(chosen.answer);
      }
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    done: () => [...done],
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      client.close();
    },
  };
}

function nameOf(mischief: Mischief): string {
  return mischief.type === "answer"
    ? `${mischief.answer.status} ${mischief.when}`
    : mischief.type;
}

function toResponse({ status, headers, body }: ForeignAnswer): Response {
  const bytes = body === undefined ? null : new TextEncoder().encode(body);
  return new Response(bytes, headers ? { status, headers } : { status });
}

/** Whether a request makes a VM: those that must not be delivered twice. */
export function makesVm({ method, path }: Passing): boolean {
  return method === "POST" &&
    /\/(new_root|from_commit|branch|deploy)(\?|$|\/)/.test(path);
}

const PAGE = { "content-type": "text/html" };

/** Answers that portals, proxies and gateways give in a service's place. */
export const FOREIGN_ANSWERS: Readonly<Record<string, ForeignAnswer>> = {
  portal: { status: 302, headers: { location: "http://portal.test/login" } },
  page: { status: 404, headers: PAGE, body: "<html>404</html>" },
  loginPage: { status: 200, headers: PAGE, body: "<html>Log in</html>" },
  password: {
    status: 407,
    headers: { "proxy-authenticate": "Basic" },
    body: "",
  },
  censor: { status: 451, headers: PAGE, body: "<html>No</html>" },
  gone: { status: 499, body: "" },
};

/**
 * Returns mischief that delivers the first `times` requests that make a VM
 * twice, and passes all else on.
 */
export function doublesCreations(
  options: { readonly times: number; readonly answers?: "first" | "second" },
): IntermediaryOptions["mischief"] {
  const { times, answers = "second" } = options;
  let left = times;
  return (passing) =>
    makesVm(passing) && left-- > 0 ? { type: "twice", answers } : PASS;
}

/**
 * Returns mischief that answers the next `times` requests that only ask with a
 * page of its own, as a portal does until somebody has logged in.
 */
export function pagesGets(
  options: { readonly times: number; readonly answer?: ForeignAnswer },
): IntermediaryOptions["mischief"] {
  const { times, answer = FOREIGN_ANSWERS.page ?? { status: 404 } } = options;
  let left = times;
  return ({ method }) =>
    method === "GET" && left-- > 0
      ? { type: "answer", when: "before", answer }
      : PASS;
}

/**
 * Returns mischief that befalls a `share` of all requests, each time another
 * one: a foreign answer, or for a request that makes a VM two deliveries.
 */
export function atRandom(
  options: {
    /** Returns a number from 0 up to 1. */
    readonly random: () => number;
    readonly share: number;
  },
): IntermediaryOptions["mischief"] {
  const { random, share } = options;
  const answers = Object.values(FOREIGN_ANSWERS);
  return (passing) => {
    if (random() >= share) return PASS;
    const pick = Math.floor(random() * (answers.length + 1));
    const answer = answers[pick];
    if (answer === undefined) {
      return makesVm(passing) ? { type: "twice" } : PASS;
    }
    return { type: "answer", when: "before", answer };
  };
}
