import { ROUTES } from "../../src/cli/app.ts";
import {
  type Command,
  type CommandRoute,
  isHidden,
  type Routes,
} from "../../src/cli/command_line/command.ts";

/** A command, and the words that name it. */
export interface NamedCommand {
  readonly path: readonly string[];
  /** The same as one text: `jobs list`. */
  readonly name: string;
  readonly route: CommandRoute;
  readonly command: Command;
}

/** Returns every command of the program that its help names. */
export async function allCommands(
  routes: Routes = ROUTES,
  above: readonly string[] = [],
): Promise<NamedCommand[]> {
  const found: NamedCommand[] = [];
  for (const [word, route] of routes) {
    const path = [...above, word];
    if (route.type === "group") {
      found.push(...await allCommands(route.routes, path));
    } else if (!isHidden(route)) {
      const { command } = await route.load();
      found.push({ path, name: path.join(" "), route, command });
    }
  }
  return found;
}

/** Returns the words of every group of commands. */
export function allGroups(
  routes: Routes = ROUTES,
  above: readonly string[] = [],
): string[][] {
  return [...routes].flatMap(([word, route]) =>
    route.type === "group"
      ? [[...above, word], ...allGroups(route.routes, [...above, word])]
      : []
  );
}
