import { readRawSettings } from "../../../project/settings_edit.ts";
import { defineCommand } from "../../command_line/command.ts";
import {
  checkSettingName,
  neededSettingsPath,
  settingText,
  shownValue,
} from "./_setting_text.ts";

/** `vers config get`: prints a setting. */
export const command = defineCommand({
  summary: "Print a setting",
  description:
    "Prints the value of a setting, and its default if it is not set.",
  flags: {},
  positionals: [{ name: "setting", brief: "Its name" }],
  examples: [["vers config get timeout", "print a setting"]],
  files: { settings: "read" },
  async run({ args: [name = ""] }, context) {
    checkSettingName(name, "read");
    const { fallback } = settingText(name);
    const set = await readRawSettings(neededSettingsPath(context));
    const value = shownValue(set.get(name));
    return {
      result: { name, value, default: fallback },
      ids: value === null ? [] : [value],
      text: [value ?? `(not set; default: ${fallback})`],
    };
  },
});
