/** The physical types of Parquet that are numbers, and the arrays that their values are. */
export const ARRAYS = { FLOAT: Float32Array, DOUBLE: Float64Array, INT32: Int32Array, INT64: BigInt64Array } as const

export type NumberName = keyof typeof ARRAYS
export type NumberArray = InstanceType<(typeof ARRAYS)[NumberName]>
