import { SETTING_NAMES } from "../../../project/settings.ts";
import { readRawSettings } from "../../../project/settings_edit.ts";
import { defineCommand } from "../../command_line/command.ts";
import { pageOf, tableLines } from "../../output/page.ts";
import {
  neededSettingsPath,
  settingText,
  shownValue,
} from "./_setting_text.ts";

/** `vers config list`: lists the settings. */
export const command = defineCommand({
  summary: "List the settings",
  description:
    "Lists all settings: their values in ~/.vers/settings.jsonc, and their\n" +
    "defaults.",
  flags: {},
  positionals: [],
  examples: [
    ["vers config list", "list the settings"],
    ["vers config list --json", "list them as JSON"],
  ],
  files: { settings: "read" },
  async run({ progress }, context) {
    const set = await readRawSettings(neededSettingsPath(context));
    for (const name of set.keys()) {
      if (SETTING_NAMES.includes(name)) continue;
      progress.say(`warning: unknown setting ${JSON.stringify(name)}`);
    }
    const items = SETTING_NAMES.map((name) => ({
      name,
      value: shownValue(set.get(name)),
      default: settingText(name).fallback,
      description: settingText(name).brief,
    }));
    return {
      page: pageOf(items, { limit: 0, offset: 0 }),
      view: {
        id: ({ name }) => String(name),
        text: () =>
          tableLines([
            ["SETTING", "VALUE", "DEFAULT", "WHAT IT IS"],
            ...items.map(({ name, value, ...texts }) => [
              name,
              value ?? "-",
              texts.default,
              texts.description,
            ]),
          ]),
      },
    };
  },
});
