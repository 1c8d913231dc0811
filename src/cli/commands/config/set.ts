import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";

/** `vers config set`: sets a setting. */
export const command = defineCommand({
  summary: "Set a setting",
  description:
    "Sets a setting in ~/.vers/settings.jsonc. Comments and all else\n" +
    "in the file stay as they are.",
  flags: {},
  positionals: [
    { name: "setting", brief: "Its name" },
    { name: "value", brief: "What to set it to" },
  ],
  examples: [
    ["vers config set timeout 30m", "let waiting commands take longer"],
    ["vers config set adopt never", "take no VM without a label"],
  ],
  files: { settings: "read, write" },
  run: setSetting,
});

async function setSetting(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { editSetting, readRawSettings } = await import(
    "../../../project/settings_edit.ts"
  );
  const settings = await import("./_setting_text.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { args: [name = "", value = ""] } = input;
  const { invocation: { output }, progress } = input;
  settings.checkSettingName(name, "set");
  settings.checkSettingValue(name, value);
  const path = settings.settingsPath(context);
  const before = (await readRawSettings(path)).get(name);
  await editSetting(path, name, value);
  const previous = before === undefined
    ? null
    : typeof before === "string"
    ? before
    : JSON.stringify(before);
  await deliverResult({ name, value, previous, path }, {
    context,
    progress,
    output,
    isKept: false,
    view: { ids: () => [value], text: () => [`${name} is now ${value}`] },
  });
  return 0;
}
