import {
  editSetting,
  readRawSettings,
} from "../../../project/settings_edit.ts";
import { defineCommand } from "../../command_line/command.ts";
import {
  checkSettingName,
  neededSettingsPath,
  settingText,
} from "./_setting_text.ts";

/** `vers config unset`: takes a setting out. */
export const command = defineCommand({
  summary: "Remove a setting, so that its default applies",
  description:
    "Removes a setting from ~/.vers/settings.jsonc, even an unknown one.\n" +
    "Comments and everything else in the file stay.",
  flags: {},
  positionals: [{ name: "setting", brief: "Its name" }],
  examples: [["vers config unset timeout", "go back to the default"]],
  files: { settings: "read, write" },
  async run({ args: [name = ""] }, context) {
    const path = neededSettingsPath(context);
    const wasSet = (await readRawSettings(path)).has(name);
    if (wasSet) await editSetting(path, name, undefined);
    else checkSettingName(name, "unset");
    const { fallback } = settingText(name);
    return {
      result: { name, was_set: wasSet, default: fallback, path },
      ids: [],
      text: [
        wasSet ? `${name} is not set any more` : `${name} was not set`,
        ...(fallback === "" ? [] : [`Default: ${fallback}`]),
      ],
    };
  },
});
