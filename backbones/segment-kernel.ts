/*
 * The inner loop of `SegmentSums` as WebAssembly with SIMD, put together by hand: two doubles at a time, where JavaScript has one.
 * https://webassembly.github.io/spec/core/binary/
 */

/** As Node has it; TypeScript knows it only of browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => KernelMemory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly add: SegmentKernel } }
}

/** Memory that grows by pages of 64 KiB; its buffer is then another one. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** Columns that the kernel sums side by side. */
export const KERNEL_COLUMNS = 8

/**
 * Adds `rows` rows of float32, `stride` bytes apart, to float64 sums: each value widened and rounded to the grid first.
 * All are places in the memory, in bytes; columns from `sums` to `end`, a multiple of `KERNEL_COLUMNS`.
 */
export type SegmentKernel = (from: number, rows: number, stride: number, sums: number, end: number) => void

/** A kernel over its own memory. @param grid what is added and subtracted to round a double */
export function segmentKernel(grid: number): { readonly memory: KernelMemory; readonly add: SegmentKernel } {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary(grid)), { host: { memory } })
  return { memory, add: exports.add }
}

const unsigned = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)])
const list = (...items: readonly number[][]): number[] => [...unsigned(items.length), ...items.flat()]
const section = (id: number, ...items: readonly number[][]): number[] => sized(id, list(...items))
const sized = (id: number, content: number[]): number[] => [id, ...unsigned(content.length), ...content]
const name = (text: string): number[] => [...unsigned(text.length), ...Buffer.from(text)]

const [i32, v128] = [0x7f, 0x7b]
/** Numbers below 64. */
const constant = (value: number): number[] => [0x41, value]
const double = (value: number): number[] => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)]
const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const tee = (local: number): number[] => [0x22, local]
const loop = (...body: readonly number[][]): number[] => [0x03, 0x40, ...body.flat(), 0x0b]
/** Goes on with the innermost loop when the number on the stack is not 0. */
const again = [0x0d, 0]
const [plus, minus, below] = [[0x6a], [0x6b], [0x49]]

const simd = (code: number, ...rest: number[]): number[] => [0xfd, ...unsigned(code), ...rest]
const load = (offset: number): number[] => simd(0x00, 2, offset)
const store = (offset: number): number[] => simd(0x0b, 2, offset)
const splat = simd(0x14)
/** The two lower floats as doubles; the two upper ones moved down. */
const widen = simd(0x5f)
const upper = simd(0x0d, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
const [add, subtract] = [simd(0xf0), simd(0xf1)]

const [FROM, ROWS, STRIDE, SUMS, END, AT, LEFT, GRID, FLOATS] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
/** Two sums each. */
const PAIRS = [9, 10, 11, 12]

/** Adds the two doubles on the stack, rounded, to a pair of sums. */
const accumulate = (pair: number): number[] => [...get(GRID), ...add, ...get(GRID), ...subtract, ...get(pair), ...add, ...set(pair)]

const fourFloats = (offset: number, low: number, high: number): number[] => [
  ...[...get(AT), ...load(offset), ...tee(FLOATS), ...widen, ...accumulate(low)],
  ...[...get(FLOATS), ...get(FLOATS), ...upper, ...widen, ...accumulate(high)],
]

const eachPair = (work: (pair: number, offset: number) => number[]): number[] => PAIRS.flatMap((pair, i) => work(pair, 16 * i))

function binary(grid: number): Uint8Array<ArrayBuffer> {
  const body = [
    ...[...double(grid), ...splat, ...set(GRID)],
    ...loop(
      eachPair((pair, offset) => [...get(SUMS), ...load(offset), ...set(pair)]),
      [...get(FROM), ...set(AT), ...get(ROWS), ...set(LEFT)],
      loop(
        fourFloats(0, PAIRS[0], PAIRS[1]),
        fourFloats(16, PAIRS[2], PAIRS[3]),
        [...get(AT), ...get(STRIDE), ...plus, ...set(AT)],
        [...get(LEFT), ...constant(1), ...minus, ...tee(LEFT), ...again],
      ),
      eachPair((pair, offset) => [...get(SUMS), ...get(pair), ...store(offset)]),
      [...get(FROM), ...constant(4 * KERNEL_COLUMNS), ...plus, ...set(FROM)],
      [...get(SUMS), ...constant(32), ...plus, ...constant(32), ...plus, ...tee(SUMS), ...get(END), ...below, ...again],
    ),
    0x0b,
  ]
  const locals = list([2, i32], [6, v128])
  const code = [...locals, ...body]
  return Uint8Array.from([
    ...[0, ...Buffer.from('asm'), 1, 0, 0, 0],
    ...section(1, [0x60, ...list([i32], [i32], [i32], [i32], [i32]), 0]),
    ...section(2, [...name('host'), ...name('memory'), 2, 0, 1]),
    ...section(3, [0]),
    ...section(7, [...name('add'), 0, 0]),
    ...section(10, [...unsigned(code.length), ...code]),
  ])
}
