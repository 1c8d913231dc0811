import { VERSION } from "../../version.ts";
import { jsonAnswer, textAnswer } from "./answer.ts";
import { type Endpoint, shown } from "./endpoint.ts";

/** Who the caller is, as far as an invented person is anyone. */
export const whoAmI: Endpoint = ({ account }) =>
  shown(jsonAnswer(200, {
    user: {
      id: "00000000-0000-4000-8000-0000000000aa",
      email: `ada@${account.organisation}.test`,
      user_name: "ada",
    },
    org: {
      id: "00000000-0000-4000-8000-0000000000bb",
      name: account.organisation,
    },
    api_key: {
      id: account.keyId,
      label: "simulator",
      created_at: "2026-01-01T00:00:00.000Z",
    },
  }));

/** Says that the key is good: a bad one does not come this far. */
export const validateKey: Endpoint = () =>
  shown(jsonAnswer(200, { valid: true, message: "API key is valid" }));

/** What answers here. */
export const readVersion: Endpoint = () =>
  shown(jsonAnswer(200, {
    executable_name: "orchestrator",
    workspace_version: VERSION,
    git_hash: "simulator",
  }));

/** Whether anything answers here. */
export const readHealth: Endpoint = () => shown(textAnswer(200, "ok"));
