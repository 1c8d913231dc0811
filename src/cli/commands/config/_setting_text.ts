import { Failure } from "../../../failure.ts";
import { SETTING_NAMES, wantedInstead } from "../../../project/settings.ts";
import { closest } from "../../command_line/suggestion.ts";
import type { Context } from "../../context.ts";
import { UsageError } from "../../output/exit_code.ts";
import { visible } from "../../output/terminal_text.ts";
import { settingsPath } from "../../personal_files.ts";

/** What there is to say about a setting. */
interface SettingText {
  readonly brief: string;
  /** What holds when it is not set. */
  readonly fallback: string;
  readonly example: string;
}

const TEXTS: Readonly<Record<string, SettingText>> = {
  max_resume_age: {
    brief: "the maximum age of a job that is resumed",
    fallback: "24h; 1h for deploy",
    example: "12h",
  },
  timeout: {
    brief: "how long a waiting command may take; 0: no limit",
    fallback: "10m",
    example: "30m",
  },
  poll_interval: {
    brief: "the time between two checks of a VM",
    fallback: "500ms, growing to 5s",
    example: "2s",
  },
  confirm_window: {
    brief: "how long a request may take to show on the server",
    fallback: "15s for run, 75s for the others",
    example: "30s",
  },
  retention: {
    brief: "how long the ledger keeps finished jobs",
    fallback: "30d",
    example: "90d",
  },
  adopt: {
    brief: "which VMs without a label may be adopted as a job's own",
    fallback: "by lineage; never for deploy",
    example: "never",
  },
};

const UNTOLD: SettingText = { brief: "", fallback: "", example: "1h" };

/** Returns what there is to say about the setting of this name. */
export function settingText(name: string): SettingText {
  return TEXTS[name] ?? UNTOLD;
}

/**
 * Returns the path of the settings file.
 *
 * @throws {Failure} when there is no home folder.
 */
export function neededSettingsPath(context: Context): string {
  const path = settingsPath(context);
  if (path !== undefined) return path;
  throw new Failure("Cannot find the settings: there is no home folder", {
    code: "general",
    hint: "set HOME; settings are kept in ~/.vers/settings.jsonc",
  });
}

/** Returns a setting as text; `null` where it is not set. */
export function shownValue(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @throws {UsageError} when there is no setting of this name. */
export function checkSettingName(name: string, action: string): void {
  if (SETTING_NAMES.includes(name)) return;
  const meant = closest(name, SETTING_NAMES);
  const example = meant ?? SETTING_NAMES[0] ?? "";
  throw new UsageError(
    `Cannot ${action} "${visible(name)}": unknown setting` +
      (meant === undefined ? "" : `; did you mean ${meant}?`),
    `the settings are ${SETTING_NAMES.join(", ")}; ` +
      `for example: vers config set ${example} ${settingText(example).example}`,
  );
}

/** @throws {UsageError} when a setting cannot have this value. */
export function checkSettingValue(name: string, value: string): void {
  const wanted = wantedInstead(name, value);
  if (wanted === undefined) return;
  throw new UsageError(
    `Cannot set ${name} to "${visible(value)}": it must be ${wanted}`,
    `for example: vers config set ${name} ${settingText(name).example}`,
  );
}
