import type { JsonObject } from "../../../json.ts";
import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { deliverPage, pageOf, tableLines } from "../../output/page.ts";

/** `vers config list`: lists the settings. */
export const command = defineCommand({
  summary: "List the settings",
  description: "Lists all settings: what they are set to in\n" +
    "~/.vers/settings.jsonc, and what holds where they are not.",
  flags: {},
  positionals: [],
  examples: [
    ["vers config list", "list the settings"],
    ["vers config list --json", "list them as JSON"],
  ],
  files: { settings: "read" },
  run: listSettings,
});

async function listSettings(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { SETTING_NAMES } = await import("../../../project/settings.ts");
  const { readRawSettings } = await import("../../../project/settings_edit.ts");
  const { settingsPath, settingText } = await import("./_setting_text.ts");
  const { invocation: { output }, progress } = input;
  const set = await readRawSettings(settingsPath(context));
  const unknown = [...set.keys()].filter((name) =>
    !SETTING_NAMES.includes(name)
  );
  for (const name of unknown) {
    progress.say(`warning: there is no setting ${JSON.stringify(name)}`);
  }
  const items: JsonObject[] = SETTING_NAMES.map((name) => {
    const value = set.get(name);
    return {
      name,
      value: value === undefined
        ? null
        : typeof value === "string"
        ? value
        : JSON.stringify(value),
      default: settingText(name).fallback,
      description: settingText(name).brief,
    };
  });
  await deliverPage(pageOf(items, { limit: 0, offset: 0 }), {
    context,
    progress,
    output,
    view: {
      id: ({ name }) => String(name),
      text: () =>
        tableLines([
          ["SETTING", "VALUE", "DEFAULT", "WHAT IT IS"],
          ...items.map(({ name, value, ...texts }) => [
            String(name),
            String(value ?? "-"),
            String(texts.default),
            String(texts.description),
          ]),
        ]),
    },
  });
  return 0;
}
