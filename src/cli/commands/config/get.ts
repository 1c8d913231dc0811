import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";

/** `vers config get`: prints a setting. */
export const command = defineCommand({
  summary: "Print a setting",
  description: "Prints what a setting is set to, and what holds if it is not.",
  flags: {},
  positionals: [{ name: "setting", brief: "Its name" }],
  examples: [["vers config get timeout", "print a setting"]],
  files: { settings: "read" },
  run: getSetting,
});

async function getSetting(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { readRawSettings } = await import("../../../project/settings_edit.ts");
  const settings = await import("./_setting_text.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { args: [name = ""], invocation: { output }, progress } = input;
  settings.checkSettingName(name, "read");
  const { fallback } = settings.settingText(name);
  const set = await readRawSettings(settings.settingsPath(context));
  const raw = set.get(name);
  const value = raw === undefined
    ? null
    : typeof raw === "string"
    ? raw
    : JSON.stringify(raw);
  const shown = value ?? `(not set; default: ${fallback})`;
  await deliverResult({ name, value, default: fallback }, {
    context,
    progress,
    output,
    isKept: false,
    view: { ids: () => value === null ? [] : [value], text: () => [shown] },
  });
  return 0;
}
