/** An option that an overload types by itself, such as `emit`: with its documentation, which an editor would lose. */
export type Documented<Options, Option extends keyof Options, Value> = { [Name in keyof Pick<Options, Option>]: Value }
