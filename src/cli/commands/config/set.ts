import {
  editSetting,
  readRawSettings,
} from "../../../project/settings_edit.ts";
import { defineCommand } from "../../command_line/command.ts";
import {
  checkSettingName,
  checkSettingValue,
  neededSettingsPath,
  shownValue,
} from "./_setting_text.ts";

/** `vers config set`: sets a setting. */
export const command = defineCommand({
  summary: "Set a setting",
  description:
    "Sets a setting in ~/.vers/settings.jsonc. Comments and everything else\n" +
    "in the file stay.",
  flags: {},
  positionals: [
    { name: "setting", brief: "Its name" },
    { name: "value", brief: "What to set it to" },
  ],
  examples: [
    ["vers config set timeout 30m", "let waiting commands take longer"],
    ["vers config set adopt never", "adopt no VM without a label"],
  ],
  files: { settings: "read, write" },
  async run({ args: [name = "", value = ""] }, context) {
    checkSettingName(name, "set");
    checkSettingValue(name, value);
    const path = neededSettingsPath(context);
    const previous = shownValue((await readRawSettings(path)).get(name));
    await editSetting(path, name, value);
    return {
      result: { name, value, previous, path },
      ids: [value],
      text: [`${name} is now ${value}`],
    };
  },
});
