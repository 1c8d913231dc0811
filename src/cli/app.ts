import type { Route, Routes } from "./command.ts";

/** Every command, loaded when it is wanted. */
export const ROUTES: Routes = new Map<string, Route>([
  ["run", {
    type: "command",
    summary: "Start a VM",
    load: () => import("./commands/run.ts"),
  }],
  ["simulate", {
    type: "command",
    summary: "Serve a simulated Vers API on this machine",
    load: () => import("./commands/simulate.ts"),
  }],
]);
