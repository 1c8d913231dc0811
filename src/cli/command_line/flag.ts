/** A flag that is there or not. */
export interface BooleanFlag {
  readonly type: "boolean";
  readonly brief: string;
  readonly shorthand?: string;
}

/** What is known of the values that a parser takes. */
export interface ValueFacts {
  readonly type: "string" | "int" | "duration";
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Whether it is a path on this machine. */
  readonly isPath?: boolean;
  /** One value that is taken. */
  readonly example: string;
}

/** A parser of values; one that has no facts takes texts. */
export interface ValueParser<T> {
  /**
   * Returns what the text means.
   *
   * @throws {ValueError} when it means nothing here.
   */
  (text: string): T;
  readonly facts?: ValueFacts;
}

/** A flag that takes a value. */
export interface ValueFlag<T> {
  readonly type: "value";
  readonly brief: string;
  readonly shorthand?: string;
  /** What stands for the value in the help: `DURATION`. */
  readonly placeholder: string;
  /** What holds without the flag, as the help says it. */
  readonly fallback?: string;
  /** The variable that is asked when the flag is not given. */
  readonly variable?: string;
  /** `unstored`: the value goes into no file. `secret`: nor into a message. */
  readonly privacy?: "unstored" | "secret";
  /** The value that means: read it from stdin, where nobody sees it. */
  readonly stdinValue?: string;
  readonly parse: ValueParser<T>;
}

/** A flag that takes a value and may be given more than once. */
export interface ListFlag<T> extends Omit<ValueFlag<T>, "type"> {
  readonly type: "list";
}

export type Flag<T = unknown> = BooleanFlag | ValueFlag<T> | ListFlag<T>;

/** Flags by their names, without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** What a flag was given as. */
export type FlagValue<F> = F extends BooleanFlag ? boolean
  : F extends ListFlag<infer T> ? readonly T[]
  : F extends ValueFlag<infer T> ? T | undefined
  : never;

/** What the flags of a table were given as. */
export type FlagValues<F extends FlagTable> = {
  readonly [N in keyof F]: FlagValue<F[N]>;
};

/** A value that means nothing where it was given. */
export class ValueError extends Error {
  override readonly name = "ValueError";
  /** What is taken instead: "a length of time such as 90s". */
  readonly wanted: string;
  /** One value that is taken. */
  readonly example: string;

  constructor(wanted: string, example: string) {
    super(`Cannot take the value: it must be ${wanted}`);
    this.wanted = wanted;
    this.example = example;
  }
}
