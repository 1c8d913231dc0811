import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";

/** `vers config unset`: takes a setting out. */
export const command = defineCommand({
  summary: "Take a setting out, so that its default holds",
  description:
    "Takes a setting out of ~/.vers/settings.jsonc, also one that\n" +
    "this program does not know. Comments and all else in the file stay.",
  flags: {},
  positionals: [{ name: "setting", brief: "Its name" }],
  examples: [["vers config unset timeout", "go back to the default"]],
  files: { settings: "read, write" },
  run: unsetSetting,
});

async function unsetSetting(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { editSetting, readRawSettings } = await import(
    "../../../project/settings_edit.ts"
  );
  const settings = await import("./_setting_text.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { args: [name = ""], invocation: { output }, progress } = input;
  const path = settings.settingsPath(context);
  const wasSet = (await readRawSettings(path)).has(name);
  if (wasSet) await editSetting(path, name, undefined);
  else settings.checkSettingName(name, "unset");
  const { fallback } = settings.settingText(name);
  await deliverResult({ name, was_set: wasSet, default: fallback, path }, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: () => [],
      text: () => [
        wasSet ? `${name} is not set any more` : `${name} was not set`,
        ...(fallback === "" ? [] : [`Default: ${fallback}`]),
      ],
    },
  });
  return 0;
}
