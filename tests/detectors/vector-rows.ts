/** Twelve reference rows of three features and a record, whose scores were computed by independent implementations. */
export const vectorRows = Float64Array.of(
  ...[0.2, 1.1, -0.3, 1.4, 0.3, 0.8, -0.7, 0.4, 0.1, 0.9, -1.2, 0.5, -1.1, -0.6, -0.9, 0.3, 0.8, 1.2],
  ...[1.0, 1.5, -0.4, -0.2, -0.9, 0.6, -1.5, 0.2, -0.7, 0.6, -0.4, -1.1, 0.1, 0.7, 0.3, -0.8, -1.3, 0.9],
)
export const vectorRecord = Float64Array.of(2, -1.5, 1)
